//! Texts looked at eight bytes at a time.

/// One of a byte in each byte of a word.
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = ONES << 7;

/// Eight bytes of a text.
#[derive(Clone, Copy)]
pub(super) struct Word(u64);

impl Word {
    /// Whether all are printable characters of ASCII that stand in a JSON text as they are.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        // The high bit of a byte is set where the byte, or one before it, is not plain.
        let not_ascii = self.0;
        let control = self.0.wrapping_sub(ONES * 0x20);
        let delete = self.0.wrapping_add(ONES);
        let others = not_ascii | control | delete | self.zeros_by(b'"') | self.zeros_by(b'\\');
        others & HIGH_BITS == 0
    }

    /// Whether none is a sign by which a secret in a text may be recognized: one of `:`, `=`, `(`, `B`, `b`, and `H` to
    /// `K`.
    #[inline]
    pub(super) fn has_no_sign(self) -> bool {
        self.signs() == 0
    }

    /// The high bit of each byte that is such a sign, and of some bytes behind the first.
    #[inline]
    fn signs(self) -> u64 {
        // A bit that is set in the word need not be compared: `B` and `b` are one, and so are `H` to `K`.
        let either = |bits: u8, byte: u8| Self(self.0 | (ONES * u64::from(bits))).zeros_by(byte);
        let fields = self.zeros_by(b':') | self.zeros_by(b'=') | self.zeros_by(b'(');
        (fields | either(b'b' ^ b'B', b'b') | either(b'H' ^ b'K', b'K')) & !self.0 & HIGH_BITS
    }

    /// The high bit of the first byte that is `byte`, an ASCII one, and of bytes that are not ASCII, or behind it.
    #[inline]
    fn zeros_by(self, byte: u8) -> u64 {
        (self.0 ^ (ONES * u64::from(byte))).wrapping_sub(ONES)
    }
}

/// How many bytes at the start of a text `holds` is known to answer for: whole words of them, or all.
#[inline]
pub(super) fn start(bytes: &[u8], holds: impl Fn(Word) -> bool) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (at, word) in words.iter().enumerate() {
        if !holds(Word(u64::from_le_bytes(*word))) {
            return at * size_of::<u64>();
        }
    }
    if rest.is_empty() || holds(Word(last(bytes))) { bytes.len() } else { bytes.len() - rest.len() }
}

/// Where the bytes are that are signs, and some others: see [`Word::has_no_sign`].
pub(super) fn signs(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let (words, rest) = bytes.as_chunks();
    let mut last = [b' '; size_of::<u64>()];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().copied().chain(std::iter::once(last));
    words.enumerate().flat_map(|(at, word)| {
        let mut signs = Word(u64::from_le_bytes(word)).signs();
        std::iter::from_fn(move || {
            let bit = (signs != 0).then(|| signs.trailing_zeros() as usize)?;
            signs &= signs - 1;
            Some(at * size_of::<u64>() + bit / 8)
        })
    })
}

/// The last bytes, with others before them or twice, or with spaces for those that are missing.
#[inline]
fn last(bytes: &[u8]) -> u64 {
    if let Some(last) = bytes.last_chunk() {
        return u64::from_le_bytes(*last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    }
    bytes.iter().fold(ONES * u64::from(b' '), |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn start_of(text: &[u8], holds: fn(u8) -> bool) -> usize {
        text.iter().position(|byte| !holds(*byte)).unwrap_or(text.len())
    }

    fn is_sign(byte: u8) -> bool {
        matches!(byte, b':' | b'=' | b'(' | b'B' | b'b' | b'H'..=b'K')
    }

    proptest! {
        #[test]
        fn no_sign_is_passed_over(text in "([ -~]{0,20}|\\PC{0,2}|[:=(bK]){0,4}") {
            let bytes = text.as_bytes();
            let found: Vec<_> = signs(bytes).filter(|&at| is_sign(bytes[at])).collect();
            let signs: Vec<_> = (0..bytes.len()).filter(|&at| is_sign(bytes[at])).collect();
            prop_assert_eq!(found, signs);
        }

        #[test]
        fn nothing_is_passed_over(text in "([ -~]{0,20}|\\PC{0,2}|[:\"\\\\\\x00-\\x7F]){0,4}") {
            let bytes = text.as_bytes();
            let plain = |byte: u8| (0x20..0x7F).contains(&byte) && !matches!(byte, b'"' | b'\\');
            let no_sign = |byte: u8| !is_sign(byte);
            for (found, sure) in [
                (start(bytes, Word::is_plain), start_of(bytes, plain)),
                (start(bytes, Word::has_no_sign), start_of(bytes, no_sign)),
            ] {
                prop_assert!(found <= sure && sure - found < 8, "{found} of {sure}");
                prop_assert_eq!(found == bytes.len(), sure == bytes.len());
            }
        }
    }
}
