//! Secrets that stand behind their keys in a text: `password=x`, `"password":"x"`, `Login { password: "x" }`,
//! `X-Api-Key: x`, `Password("x")`, `("password", "x")`.

use std::ops::Range;

use super::super::Keys;
use super::super::named::Named;
use super::Text;
use crate::convention::{mark, secret};

/// Bytes of a key that are looked at.
const LONGEST_KEY: usize = 128;

/// A key in a text, and what it is told by.
struct Key<'t> {
    text: &'t str,
    start: usize,
    is_quoted: bool,
}

/// The value behind a `:`.
pub(super) fn after_colon(keys: &Keys, text: Text<'_>, colon: usize) -> Option<Range<usize>> {
    let bytes = text.bytes();
    // A path, as in `std::fmt`, and the scheme of a URL.
    if bytes[colon + 1..].starts_with(b":") || bytes[colon + 1..].starts_with(b"//") {
        return None;
    }
    let key = Key::before(text, colon)?;
    let value = text.run(colon + 1, |byte| byte == b' ' || byte == b'\t');
    let is_secret = keys.has(key.text);
    if !is_secret && !is_held(keys, text, &key) {
        return None;
    }
    if let Some(quoted) = quoted(text, value) {
        return unmarked(text, quoted);
    }
    if key.is_quoted || brace_around(text, key.start).is_some() {
        return unmarked(text, value..end_of_value(text, value).0);
    }
    header(text, &key, value)
}

/// The value behind a `=`.
pub(super) fn after_equals(keys: &Keys, text: Text<'_>, equals: usize) -> Option<Range<usize>> {
    let bytes = text.bytes();
    if matches!(bytes.get(equals + 1), Some(b'=' | b'>' | b'~')) {
        return None;
    }
    let key = Key::before(text, bytes[..equals].trim_ascii_end().len())?;
    if !keys.has(key.text) {
        return None;
    }
    let value = text.run(equals + 1, |byte| byte == b' ');
    if let Some(quoted) = quoted(text, value) {
        return unmarked(text, quoted);
    }
    let ends = |byte: u8| byte.is_ascii_whitespace() || b"&;\"'`<>\\".contains(&byte);
    let end = text.run(value, |byte| !ends(byte));
    // A comma may be a part of it, unless another field follows.
    let begins_field = |(at, _): &(usize, &str)| {
        let rest = &text.text[value + at + 1..end];
        let name = rest.bytes().take_while(|&byte| is_of_key(byte)).count();
        rest.is_empty() || rest[name..].starts_with(['=', ':']) && name > 0
    };
    let found = &text.text[value..end];
    let comma = found.match_indices(',').find(begins_field).map(|(at, _)| value + at);
    let end = comma.unwrap_or(end);
    let end = value + text.text[value..end].trim_end_matches([')', ']', '}', ',', '.']).len();
    unmarked(text, value..end)
}

/// What a tuple struct with a secret name holds, and the second of a pair the first of which is a secret key.
pub(super) fn after_parenthesis(
    keys: &Keys,
    text: Text<'_>,
    parenthesis: usize,
) -> Option<Range<usize>> {
    let inside = parenthesis + 1;
    if let Some(key) = quoted(text, inside) {
        let behind = text.run(key.end, |byte| matches!(byte, b'\\' | b'"' | b'\''));
        let value = text.text.get(behind..)?.strip_prefix(", ")?;
        let value = text.text.len() - value.len();
        let (end, ends_pair) = end_of_value(text, value);
        let is_pair = ends_pair == Some(b')') || text.is_open(end);
        let is_secret = is_pair && Named::is_secret(keys, &text.text[key]);
        return is_secret.then(|| quoted(text, value).unwrap_or(value..end));
    }
    let key = Key::before(text, parenthesis)?;
    if !key.text.starts_with(|c: char| c.is_ascii_uppercase()) || !keys.has(key.text) {
        return None;
    }
    if let Some(quoted) = quoted(text, inside) {
        return unmarked(text, quoted);
    }
    let mut end = inside;
    loop {
        let (value, by) = end_of_value(text, end);
        end = value;
        if by != Some(b',') {
            break;
        }
        end += 1;
    }
    // A plural in a sentence, as in `Token(s)`.
    if &text.text[inside..end] == "s" { None } else { unmarked(text, inside..end) }
}

impl<'t> Key<'t> {
    /// The key that ends at `end`.
    fn before(text: Text<'t>, end: usize) -> Option<Self> {
        let bytes = &text.bytes()[..end];
        let first = end.saturating_sub(LONGEST_KEY);
        if let Some(quote @ (b'"' | b'\'')) = bytes.last() {
            let end = bytes[..end - 1].iter().rposition(|&byte| byte != b'\\').map(|at| at + 1)?;
            let start = bytes[first..end].iter().rposition(|byte| byte == quote)? + first + 1;
            return Some(Self { text: text.text.get(start..end)?, start, is_quoted: true });
        }
        let length = bytes[first..].iter().rev().take_while(|&&byte| is_of_key(byte)).count();
        let start = end - length;
        let key = text.text.get(start..end).filter(|key| !key.is_empty())?;
        Some(Self { text: key, start, is_quoted: false })
    }
}

/// Whether a byte may stand in a key without quotes: `user[password]` and `user%5Bpassword%5D` are keys of forms.
fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_-.[]%$".contains(&byte)
}

/// What is inside the quotes that begin at `at`, if any do. A text in a `Debug` text has its quotes escaped, once for each
/// text that it stands in.
fn quoted(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    let bytes = text.bytes();
    let at = at + usize::from(bytes[at..].starts_with(b"b\""));
    let quote_at = text.run(at, |byte| byte == b'\\');
    let escapes = quote_at - at;
    let quote = *bytes.get(quote_at).filter(|&&byte| byte == b'"' || byte == b'\'')?;
    let start = quote_at + 1;
    let mut before = 0;
    for (length, &byte) in bytes[start..].iter().enumerate() {
        match byte {
            b'\\' => before += 1,
            // With fewer escapes than it began with, it is the text around that ends.
            _ if byte == quote
                && (before < escapes || (before - escapes) / (escapes + 1) % 2 == 0) =>
            {
                return Some(start..start + length - before.min(escapes));
            }
            _ => before = 0,
        }
    }
    Some(start..bytes.len())
}

/// Where the value that begins at `at` ends, and the byte behind it: a comma, a bracket that was opened before, or the end
/// of a line.
fn end_of_value(text: Text<'_>, at: usize) -> (usize, Option<u8>) {
    let bytes = text.bytes();
    let (mut depth, mut at) = (0_usize, at);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = quoted(text, at).map_or(bytes.len(), |quoted| quoted.end + 1);
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b',' | b'\n' if depth == 0 => return (at, Some(byte)),
            b')' | b']' | b'}' if depth == 0 => {
                let value = text.text[..at].trim_end_matches(' ').len();
                return (value, Some(byte));
            }
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    (bytes.len(), None)
}

/// Where the brace is that is open at `at`.
fn brace_around(text: Text<'_>, at: usize) -> Option<usize> {
    let mut closed = 0;
    text.bytes()[..at].iter().rposition(|&byte| match byte {
        b'}' => {
            closed += 1;
            false
        }
        b'{' if closed == 0 => true,
        b'{' => {
            closed -= 1;
            false
        }
        _ => false,
    })
}

/// Whether what stands under `key` is the value of a secret that is named beside it, as in
/// `Header { name: "authorization", value: ".." }`, or by the struct itself, as in `Password { value: ".." }`.
fn is_held(keys: &Keys, text: Text<'_>, key: &Key<'_>) -> bool {
    let is_inner = matches!(key.text, "inner" | "0");
    if !is_inner && !secret::HOLDING.contains(&key.text) {
        return false;
    }
    let Some(brace) = brace_around(text, key.start) else {
        return false;
    };
    let name = Key::before(text, text.bytes()[..brace].trim_ascii_end().len());
    if name.is_some_and(|name| {
        name.text.starts_with(|c: char| c.is_ascii_uppercase()) && keys.has(name.text)
    }) {
        return true;
    }
    let inside = brace + 1..end_of_value(text, brace).0;
    let colons = text.text[inside.clone()].match_indices(':').map(|(at, _)| inside.start + at);
    colons.into_iter().any(|colon| {
        let naming = Key::before(text, colon).filter(|key| secret::NAMING.contains(&key.text));
        let value = text.run(colon + 1, |byte| byte == b' ');
        naming.is_some()
            && match quoted(text, value) {
                Some(name) => Named::is_secret(keys, &text.text[name]),
                None => Named::is_secret(keys, &text.text[value..end_of_value(text, value).0]),
            }
    })
}

/// The rest of the line of a header, where `key` begins a line or what is in quotes, and can be nothing else.
fn header(text: Text<'_>, key: &Key<'_>, value: usize) -> Option<Range<usize>> {
    let is_header = key.text.contains('-')
        || ["authorization", "cookie"].iter().any(|name| key.text.eq_ignore_ascii_case(name));
    let before = &text.text[..key.start];
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let begins_line = before.is_empty()
        || quote.is_some()
        || ["\n", "\\n", "> ", "< "].iter().any(|end| before.ends_with(end));
    if !is_header || !begins_line {
        return None;
    }
    let rest = &text.text[value..];
    let ends = |c: char| matches!(c, '\n' | '\r' | '\\') || Some(c) == quote;
    unmarked(text, value..value + rest.find(ends).unwrap_or(rest.len()))
}

/// The same, unless it has been redacted already.
fn unmarked(text: Text<'_>, found: Range<usize>) -> Option<Range<usize>> {
    (!text.text[found.clone()].starts_with(mark::REDACTED)).then_some(found)
}
