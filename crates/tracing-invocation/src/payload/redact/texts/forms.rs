//! Secrets that have a form of their own: credentials of HTTP, JSON Web Tokens, private keys, and keys of AWS.

use std::ops::Range;

use super::Text;

/// Letters of a credential that has nothing but letters, and yet is no word.
const LONGER_THAN_WORDS: usize = 20;

/// What is read behind `Bearer` in sentences about it.
const PROSE: [&str; 24] = [
    "and",
    "auth",
    "authentication",
    "authorization",
    "challenge",
    "credential",
    "credentials",
    "error",
    "expired",
    "format",
    "header",
    "in",
    "invalid",
    "is",
    "method",
    "missing",
    "not",
    "of",
    "or",
    "required",
    "scheme",
    "token",
    "tokens",
    "type",
];

/// What stands behind `Bearer` and `Basic`.
pub(super) fn scheme(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    let bytes = text.bytes();
    let is = |word: &[u8]| {
        let end = at + word.len();
        let is_it = bytes.get(at..end)?.eq_ignore_ascii_case(word) && bytes.get(end) == Some(&b' ');
        (is_it && text.begins_word(at)).then_some(end)
    };
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let credentials = |end| {
        let start = text.run(end, |byte| byte == b' ');
        start..text.run(text.run(start, is_token), |byte| byte == b'=')
    };
    if let Some(end) = is(b"bearer") {
        let found = credentials(end);
        let is_capital = bytes[at] == b'B';
        return is_bearer_token(text, &found, is_capital).then_some(found);
    }
    let found = credentials(is(b"basic")?);
    let is_it = text.is_open(found.end) || has_password(&bytes[found.clone()]);
    is_it.then_some(found)
}

/// Whether this is a token, and not the next word of a sentence.
fn is_bearer_token(text: Text<'_>, found: &Range<usize>, is_capital: bool) -> bool {
    let token = &text.text[found.clone()];
    // A parameter, as in `Bearer realm="x"`.
    let is_parameter = token.ends_with('=') && text.bytes().get(found.end) == Some(&b'"');
    let token = token.trim_end_matches('.');
    let is_word = token.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_parameter || token.is_empty() {
        false
    } else if text.is_open(found.end) || !is_word || token.len() >= LONGER_THAN_WORDS {
        true
    } else {
        is_capital && !PROSE.iter().any(|word| token.eq_ignore_ascii_case(word))
    }
}

/// Whether these are the Base64 digits of a user, a colon and a password.
fn has_password(digits: &[u8]) -> bool {
    let value = |digit: &u8| match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let (mut bits, mut count, mut has_colon) = (0_u32, 0, false);
    for digit in digits.iter().take_while(|&&digit| digit != b'=') {
        let Some(value) = value(digit) else {
            return false;
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let byte = (bits >> count) as u8;
            has_colon |= byte == b':';
            if byte.is_ascii_control() {
                return false;
            }
        }
    }
    has_colon
}

/// What stands between the lines that a private key in PEM begins and ends with. `at` is the `B` of `BEGIN`.
pub(super) fn private_key(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    const BEFORE: &str = "-----";
    const LONGEST_LABEL: usize = 64;
    let (before, label) = (text.text.get(..at)?, text.text[at..].strip_prefix("BEGIN ")?);
    if !before.ends_with(BEFORE) {
        return None;
    }
    let length = label.find(BEFORE).filter(|&length| length <= LONGEST_LABEL)?;
    if !label[..length].contains("PRIVATE KEY") {
        return None;
    }
    let start = text.text.len() - label.len() + length + BEFORE.len();
    let end = text.text[start..].find("-----END").map_or(text.text.len(), |length| start + length);
    Some(start..end)
}

/// An access key of AWS: `at` is the `I` of `AKIA` or `ASIA`.
pub(super) fn access_key(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    const LENGTH: usize = 20;
    let start = at.checked_sub(2)?;
    let bytes = &text.bytes()[start..];
    if !(bytes.starts_with(b"AKIA") || bytes.starts_with(b"ASIA")) || !text.begins_word(start) {
        return None;
    }
    let end = text.run(start, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let is_it = end - start == LENGTH && text.ends_word(end) || text.is_open(end);
    is_it.then_some(start..end)
}

/// A JSON Web Token, signed, encrypted or neither: `at` is the `J` of `eyJ`, with which the Base64 of `{"` begins.
pub(super) fn json_web_token(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(2)?;
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_part = matches!(text.bytes()[..start], [.., b'-' | b'_' | b'.']);
    if !text.bytes()[start..].starts_with(b"eyJ") || is_part || !text.begins_word(start) {
        return None;
    }
    let end = text.run(start, is_digit);
    let dots = text.text[start..end].matches('.').count();
    (dots >= 2 || text.is_open(end)).then_some(start..end)
}
