//! Secrets that stand behind their keys in a text: `password=x`, `"password":"x"`, `Login { password: "x" }`,
//! `X-Api-Key: x`, `Password("x")`, `("password", "x")`.

use std::ops::Range;

use super::super::Keys;
use super::super::named::Named;
use super::Text;
use crate::convention::mark;

/// Bytes of a key that are looked at.
const LONGEST_KEY: usize = 128;

/// Bytes within which the members of an object are looked for that name others, so that a text of any length is searched
/// once.
const NEAR: usize = 1_024;

/// A key in a text, and what it is told by.
struct Key<'t> {
    text: &'t str,
    start: usize,
    is_quoted: bool,
}

/// The value behind a `:`.
pub(super) fn after_colon(
    keys: &Keys,
    text: Text<'_>,
    braces: &mut Braces,
    colon: usize,
) -> Option<Range<usize>> {
    let bytes = text.bytes();
    // A path, as in `std::fmt`, and the scheme of a URL.
    if bytes[colon + 1..].starts_with(b":") || bytes[colon + 1..].starts_with(b"//") {
        return None;
    }
    let key = Key::before(text, colon)?;
    let value = text.run(colon + 1, |byte| byte == b' ' || byte == b'\t');
    let is_secret = keys.has(key.text);
    if !is_secret && !is_held(keys, text, braces, &key) {
        return None;
    }
    if let Some(quoted) = quoted(text, value) {
        return unmarked(text, quoted);
    }
    if key.is_quoted || braces.around(text, key.start).is_some() {
        return unmarked(text, value..end_of_value(text, value, usize::MAX).0);
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

/// The second of a pair the first of which is a secret key, and what a tuple struct with a secret name holds.
pub(super) fn after_parenthesis(
    keys: &Keys,
    text: Text<'_>,
    parenthesis: usize,
) -> Option<Range<usize>> {
    second_of_pair(keys, text, parenthesis + 1).or_else(|| tuple_struct(keys, text, parenthesis))
}

fn second_of_pair(keys: &Keys, text: Text<'_>, inside: usize) -> Option<Range<usize>> {
    let first = quoted(text, inside)?;
    let behind = text.run(first.end, |byte| matches!(byte, b'\\' | b'"' | b'\''));
    let value = behind + text.text[behind..].starts_with(", ").then_some(2)?;
    if !Named::is_secret(keys, &text.text[first]) {
        return None;
    }
    // What is longer is no list of short texts.
    let (_, ended_by) = end_of_value(text, value, NEAR);
    if ended_by == Some(b',') {
        return None;
    }
    let found = quoted(text, value);
    unmarked(text, found.unwrap_or_else(|| value..end_of_value(text, value, usize::MAX).0))
}

fn tuple_struct(keys: &Keys, text: Text<'_>, parenthesis: usize) -> Option<Range<usize>> {
    let inside = parenthesis + 1;
    if !Key::before(text, parenthesis)?.is_type_of_secret(keys) {
        return None;
    }
    if let Some(quoted) = quoted(text, inside) {
        return unmarked(text, quoted);
    }
    let end = end_of_members(text, inside, usize::MAX);
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
            let start = bytes.get(first..end)?.iter().rposition(|byte| byte == quote)? + first + 1;
            return Some(Self { text: text.text.get(start..end)?, start, is_quoted: true });
        }
        let length = bytes[first..].iter().rev().take_while(|&&byte| is_of_key(byte)).count();
        let start = end - length;
        let key = text.text.get(start..end).filter(|key| !key.is_empty())?;
        Some(Self { text: key, start, is_quoted: false })
    }

    /// Whether this is the name of a type that holds a secret.
    fn is_type_of_secret(&self, keys: &Keys) -> bool {
        let name = self.text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
        name.is_some_and(|name| {
            name.starts_with(|c: char| c.is_ascii_uppercase()) && keys.has(name)
        })
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
                && (before < escapes || ((before - escapes) / (escapes + 1)).is_multiple_of(2)) =>
            {
                return Some(start..start + length - before.min(escapes));
            }
            _ => before = 0,
        }
    }
    Some(start..bytes.len())
}

/// Where the value that begins at `start` ends, and the byte behind it: a comma, a bracket that was opened before, or the
/// end of a line. No more than `most` bytes are looked at.
fn end_of_value(text: Text<'_>, start: usize, most: usize) -> (usize, Option<u8>) {
    let bytes = text.bytes();
    let last = bytes.len().min(start.saturating_add(most));
    let (mut depth, mut at) = (0_usize, start);
    while at < last {
        let byte = bytes[at];
        match byte {
            b'"' | b'\\' => {
                at = match quoted(text, at) {
                    Some(quoted) => quoted.end + (quoted.start - at),
                    None => text.run(at, |byte| byte == b'\\'),
                };
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b',' | b'\n' if depth == 0 => return (at, Some(byte)),
            b')' | b']' | b'}' if depth == 0 => {
                let value = text.text[start..at].trim_end_matches(' ').len();
                return (start + value, Some(byte));
            }
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    (last.max(at.min(bytes.len())), None)
}

/// Where the last of the values ends that stand side by side from `start` on, within `most` bytes.
fn end_of_members(text: Text<'_>, start: usize, most: usize) -> usize {
    let last = start.saturating_add(most);
    let mut at = start;
    loop {
        let (end, by) = end_of_value(text, at, last.saturating_sub(at));
        match by {
            Some(b',' | b'\n') => at = end + 1,
            _ => return end,
        }
    }
}

/// The braces that are open at a place of a text. The places must not go back.
#[derive(Default)]
pub(super) struct Braces {
    at: usize,
    open: Vec<usize>,
    /// A brace, and whether a member inside it names a secret.
    known: Option<(usize, bool)>,
}

impl Braces {
    /// Where the brace is that is open at `end`.
    fn around(&mut self, text: Text<'_>, end: usize) -> Option<usize> {
        for (at, byte) in text.bytes().iter().enumerate().take(end).skip(self.at) {
            match byte {
                b'{' => self.open.push(at),
                b'}' => drop(self.open.pop()),
                _ => {}
            }
        }
        self.at = self.at.max(end);
        self.open.last().copied()
    }

    /// Whether what stands in the braces that begin at `brace` is a secret, by the name in front of them or by a member.
    fn are_of_secret(&mut self, keys: &Keys, text: Text<'_>, brace: usize) -> bool {
        if let Some((_, is_secret)) = self.known.filter(|(known, _)| *known == brace) {
            return is_secret;
        }
        let is_secret = is_struct_of_secret(keys, text, brace) || names_secret(keys, text, brace);
        self.known = Some((brace, is_secret));
        is_secret
    }
}

/// Whether what stands under `key` is the value of a secret that is named beside it, as in
/// `Header { name: "authorization", value: ".." }`, or by the struct itself, as in `Password { value: ".." }`.
fn is_held(keys: &Keys, text: Text<'_>, braces: &mut Braces, key: &Key<'_>) -> bool {
    let may_hold = matches!(key.text, "inner" | "0") || Named::by(key.text).holds;
    may_hold
        && braces
            .around(text, key.start)
            .is_some_and(|brace| braces.are_of_secret(keys, text, brace))
}

fn is_struct_of_secret(keys: &Keys, text: Text<'_>, brace: usize) -> bool {
    let name = Key::before(text, text.bytes()[..brace].trim_ascii_end().len());
    name.is_some_and(|name| name.is_type_of_secret(keys))
}

fn names_secret(keys: &Keys, text: Text<'_>, brace: usize) -> bool {
    let end = end_of_members(text, brace + 1, NEAR);
    let bytes = &text.bytes()[..end];
    let mut colons = (brace + 1..end).filter(|&at| bytes[at] == b':');
    colons.any(|colon| {
        let is_naming = Key::before(text, colon).is_some_and(|key| Named::by(key.text).names);
        let value = text.run(colon + 1, |byte| byte == b' ');
        let name =
            || quoted(text, value).unwrap_or_else(|| value..end_of_value(text, value, NEAR).0);
        is_naming && Named::is_secret(keys, text.text.get(name()).unwrap_or_default())
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
