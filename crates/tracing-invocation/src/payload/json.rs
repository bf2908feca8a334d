//! JSON text that every log shipper takes, straight into a buffer.
//!
//! Differs from what `serde_json` writes in the characters that it escapes: U+0000 becomes U+FFFD, and U+007F,
//! the C1 controls and the separators U+2028 and U+2029 are escaped, because programs that read line by line, or
//! a terminal, give them a meaning.

use super::words::{self, Word};

/// What a byte asks for when it is met inside a text.
const PLAIN: u8 = 0;
/// Needs an escape of its own.
const ESCAPE: u8 = 1;
/// May begin a longer sequence that needs one.
const LEAD: u8 = 2;

const CLASS: [u8; 256] = {
    let mut class = [PLAIN; 256];
    let mut control = 0;
    while control < 0x20 {
        class[control] = ESCAPE;
        control += 1;
    }
    class[b'"' as usize] = ESCAPE;
    class[b'\\' as usize] = ESCAPE;
    class[0x7F] = ESCAPE;
    // C2 80 to C2 9F are the C1 controls, E2 80 A8 and E2 80 A9 the separators.
    class[0xC2] = LEAD;
    class[0xE2] = LEAD;
    class
};

/// Appends `text` with its quotes.
pub(crate) fn push_string(to: &mut Vec<u8>, text: &str) {
    to.push(b'"');
    push_escaped(to, text);
    to.push(b'"');
}

/// Appends `text` as it stands between quotes.
pub(crate) fn push_escaped(to: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut at = words::start(bytes, Word::is_plain);
    while at < bytes.len() {
        let byte = bytes[at];
        let class = CLASS[usize::from(byte)];
        if class == PLAIN {
            at += 1;
            continue;
        }
        let Some((width, code)) = escape_at(&bytes[at..], class) else {
            at += 1;
            continue;
        };
        to.extend_from_slice(&bytes[copied..at]);
        push_code(to, code);
        at += width;
        copied = at;
        at += words::start(&bytes[at..], Word::is_plain);
    }
    to.extend_from_slice(&bytes[copied..]);
}

/// The width in bytes and the code of the character to escape at the start of `bytes`, if it is one.
fn escape_at(bytes: &[u8], class: u8) -> Option<(usize, u16)> {
    match (class, bytes) {
        (ESCAPE, [byte, ..]) => Some((1, u16::from(*byte))),
        (LEAD, [0xC2, low @ 0x80..=0x9F, ..]) => Some((2, u16::from(*low))),
        (LEAD, [0xE2, 0x80, low @ 0xA8..=0xA9, ..]) => {
            Some((3, 0x2000 + u16::from(*low) - 0xA8 + 0x28))
        }
        _ => None,
    }
}

fn push_code(to: &mut Vec<u8>, code: u16) {
    match code {
        0x00 => to.extend_from_slice("\u{FFFD}".as_bytes()),
        0x08 => to.extend_from_slice(br"\b"),
        0x09 => to.extend_from_slice(br"\t"),
        0x0A => to.extend_from_slice(br"\n"),
        0x0C => to.extend_from_slice(br"\f"),
        0x0D => to.extend_from_slice(br"\r"),
        0x22 => to.extend_from_slice(br#"\""#),
        0x5C => to.extend_from_slice(br"\\"),
        _ => {
            to.extend_from_slice(br"\u");
            push_hex(to, code.to_be_bytes());
        }
    }
}

/// The hexadecimal digits of every byte.
const HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut hex = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        hex[byte] = [digits[byte >> 4], digits[byte & 0xF]];
        byte += 1;
    }
    hex
};

/// Appends the hexadecimal digits of these bytes.
pub(crate) fn push_hex<const BYTES: usize>(to: &mut Vec<u8>, bytes: [u8; BYTES]) {
    to.extend_from_slice(bytes.map(|byte| HEX[usize::from(byte)]).as_flattened());
}

/// The hexadecimal digits of a number, eight at a time: each half byte moves to a byte of its own, and becomes a digit or
/// a letter without a branch or a table.
pub(crate) fn hex(number: u64) -> [u8; 16] {
    const fn half(number: u32) -> [u8; 8] {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let mut spread = number as u64;
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF;
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF;
        spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F;
        let is_letter = (spread + 6 * ONES) >> 4 & ONES;
        (spread + ONES * b'0' as u64 + is_letter * (b'a' - b'0' - 10) as u64).to_be_bytes()
    }
    let [high, low] = [half((number >> 32) as u32), half(number as u32)];
    let mut digits = [0; 16];
    digits[..8].copy_from_slice(&high);
    digits[8..].copy_from_slice(&low);
    digits
}

/// Appends a signed number: digits within the range of `i64`, a text beyond it.
pub(crate) fn push_i128(to: &mut Vec<u8>, number: i128) {
    match i64::try_from(number) {
        Ok(number) => push_i64(to, number),
        Err(_) => push_quoted_digits(to, itoa::Buffer::new().format(number)),
    }
}

/// Appends an unsigned number: digits within the range of `i64`, a text beyond it.
pub(crate) fn push_u128(to: &mut Vec<u8>, number: u128) {
    match i64::try_from(number) {
        Ok(number) => push_i64(to, number),
        Err(_) => push_quoted_digits(to, itoa::Buffer::new().format(number)),
    }
}

/// Appends an unsigned number: digits within the range of `i64`, a text beyond it.
#[inline]
pub(crate) fn push_u64(to: &mut Vec<u8>, number: u64) {
    if i64::try_from(number).is_ok() {
        to.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    } else {
        push_u128(to, number.into());
    }
}

/// Appends a number.
pub(crate) fn push_i64(to: &mut Vec<u8>, number: i64) {
    to.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a number, or `null` where JSON has no word for it.
pub(crate) fn push_f64(to: &mut Vec<u8>, number: f64) {
    if serde_json::to_writer(&mut *to, &number).is_err() {
        to.extend_from_slice(b"null");
    }
}

/// Appends a number in as many digits as tell it from its neighbours, or `null` where JSON has no word for it.
pub(super) fn push_f32(to: &mut Vec<u8>, number: f32) {
    if serde_json::to_writer(&mut *to, &number).is_err() {
        to.extend_from_slice(b"null");
    }
}

/// Appends a truth value.
pub(crate) fn push_bool(to: &mut Vec<u8>, truth: bool) {
    if truth {
        to.extend_from_slice(b"true");
    } else {
        to.extend_from_slice(b"false");
    }
}

/// Appends a value as it is.
pub(crate) fn push_value(to: &mut Vec<u8>, value: &serde_json::Value) {
    use serde::Serialize as _;
    let start = to.len();
    let mut serializer = serde_json::Serializer::with_formatter(&mut *to, Safe);
    if value.serialize(&mut serializer).is_err() {
        to.truncate(start);
        to.extend_from_slice(b"null");
    }
}

fn push_quoted_digits(to: &mut Vec<u8>, digits: &str) {
    to.push(b'"');
    to.extend_from_slice(digits.as_bytes());
    to.push(b'"');
}

/// The same escapes for whatever `serde_json` writes.
pub(crate) struct Safe;

impl serde_json::ser::Formatter for Safe {
    fn write_string_fragment<W>(&mut self, to: &mut W, fragment: &str) -> std::io::Result<()>
    where
        W: ?Sized + std::io::Write,
    {
        let mut escaped = Vec::with_capacity(fragment.len());
        push_escaped(&mut escaped, fragment);
        to.write_all(&escaped)
    }

    fn write_char_escape<W>(
        &mut self,
        to: &mut W,
        escape: serde_json::ser::CharEscape,
    ) -> std::io::Result<()>
    where
        W: ?Sized + std::io::Write,
    {
        use serde_json::ser::CharEscape;
        let code = match escape {
            CharEscape::Quote => b'"',
            CharEscape::ReverseSolidus => b'\\',
            CharEscape::Solidus => b'/',
            CharEscape::Backspace => 0x08,
            CharEscape::FormFeed => 0x0C,
            CharEscape::LineFeed => b'\n',
            CharEscape::CarriageReturn => b'\r',
            CharEscape::Tab => b'\t',
            CharEscape::AsciiControl(byte) => byte,
        };
        let mut escaped = Vec::with_capacity(6);
        push_code(&mut escaped, u16::from(code));
        to.write_all(&escaped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn escaped(text: &str) -> String {
        let mut line = Vec::new();
        push_string(&mut line, text);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn escapes_what_breaks_readers() {
        assert_eq!(
            escaped("\u{0}\u{1b}[31m\u{7f}\u{9b}\u{85}\u{2028}\u{2029}\"\\\r\n"),
            "\"\u{FFFD}\\u001b[31m\\u007f\\u009b\\u0085\\u2028\\u2029\\\"\\\\\\r\\n\""
        );
    }

    #[test]
    fn leaves_other_texts_alone() {
        assert_eq!(escaped("Zoë £5 €9 – 🦀\u{A0}"), "\"Zoë £5 €9 – 🦀\u{A0}\"");
    }

    #[test]
    fn numbers_beyond_i64_are_texts() {
        let mut line = Vec::new();
        push_u128(&mut line, u128::MAX);
        push_i128(&mut line, i128::MIN);
        push_u128(&mut line, i64::MAX as u128);
        push_f64(&mut line, f64::NAN);
        push_f64(&mut line, 1.5);
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "\"340282366920938463463374607431768211455\"\"-170141183460469231731687303715884105728\"\
             9223372036854775807null1.5"
        );
    }

    proptest! {
        #[test]
        fn hexadecimal_digits_are_those_of_the_number(number: u64) {
            prop_assert_eq!(hex(number).to_vec(), format!("{number:016x}").into_bytes());
        }

        #[test]
        fn every_text_reads_back(text: String) {
            let back: String = serde_json::from_str(&escaped(&text)).unwrap();
            prop_assert_eq!(back, text.replace('\0', "\u{FFFD}"));
        }

        #[test]
        fn no_text_holds_a_control_character(text: String) {
            let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
            prop_assert!(!escaped(&text).contains(breaks));
        }
    }
}
