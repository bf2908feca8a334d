//! The digest by which a page's policy names its own script and style: SHA-256, as a browser computes it.

/// How each round is different: the fractions of the cube roots of the first 64 primes.
const ROUNDS: [u32; 64] = roots(3);

/// What a digest begins with: the fractions of the square roots of the first primes.
const BEGIN: [u32; 8] = {
    let (roots, mut begin, mut index) = (roots(2), [0; 8], 0);
    while index < 8 {
        begin[index] = roots[index];
        index += 1;
    }
    begin
};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text's digest as a source of a content security policy: `sha256-` and base64.
pub(super) fn source(text: &str) -> String {
    let mut source = "sha256-".to_owned();
    for group in sha256(text.as_bytes()).chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for digit in 0..=group.len() {
            source.push(char::from(ALPHABET[bits >> (18 - 6 * digit) & 63]));
        }
        source.extend(std::iter::repeat_n('=', 3 - group.len()));
    }
    source
}

fn sha256(text: &[u8]) -> [u8; 32] {
    let mut padded = text.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if padded.len() < text.len() + 9 {
        padded.resize(padded.len() + 64, 0);
    }
    let length = padded.len() - 8;
    padded[length..].copy_from_slice(&(text.len() as u64 * 8).to_be_bytes());
    let mut state = BEGIN;
    padded.chunks_exact(64).for_each(|block| compress(&mut state, block));
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

fn compress(state: &mut [u32; 8], block: &[u8]) {
    let mut words = [0_u32; 64];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    let mix =
        |word: u32, a, b, shift| word.rotate_right(a) ^ word.rotate_right(b) ^ (word >> shift);
    for at in 16..64 {
        words[at] = words[at - 16]
            .wrapping_add(mix(words[at - 15], 7, 18, 3))
            .wrapping_add(words[at - 7])
            .wrapping_add(mix(words[at - 2], 17, 19, 10));
    }
    let turn =
        |word: u32, a, b, c| word.rotate_right(a) ^ word.rotate_right(b) ^ word.rotate_right(c);
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, round) in words.into_iter().zip(ROUNDS) {
        let first = h
            .wrapping_add(turn(e, 6, 11, 25))
            .wrapping_add((e & f) ^ (!e & g))
            .wrapping_add(round)
            .wrapping_add(word);
        let second = turn(a, 2, 13, 22).wrapping_add((a & b) ^ (a & c) ^ (b & c));
        (h, g, f, e, d, c, b, a) =
            (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
    }
    for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(more);
    }
}

/// The first 32 bits behind the point of the roots of the first 64 primes.
const fn roots(degree: u32) -> [u32; 64] {
    let (mut found, mut count, mut candidate) = ([0; 64], 0, 2);
    while count < 64 {
        if is_prime(candidate) {
            found[count] = fraction_of_root(candidate, degree);
            count += 1;
        }
        candidate += 1;
    }
    found
}

const fn is_prime(number: u128) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number.is_multiple_of(divisor) {
            return false;
        }
        divisor += 1;
    }
    true
}

/// The largest number whose power is at most that of the root, counted in parts of 2³², without what is whole.
#[expect(clippy::cast_possible_truncation, reason = "what is whole is cut off")]
const fn fraction_of_root(number: u128, degree: u32) -> u32 {
    let (mut low, mut high) = (0_u128, 1 << 37);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if middle.pow(degree) <= number << (32 * degree) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> String {
        sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_examples_of_the_standard_hold() {
        let two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let expected = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (two_blocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        ];
        for (text, digest) in expected {
            assert_eq!(hex(text), digest);
        }
        let million = "a".repeat(1_000_000);
        assert_eq!(
            hex(&million),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        );
    }

    #[test]
    fn a_source_is_base64() {
        assert_eq!(source(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
