//! Texts of limited length, and the fence around a user's `Debug`, `Display` and `Serialize`.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::words::{self, Word};
use super::{Redaction, json};
use crate::convention::mark;
use crate::panic_note;

/// How many values may be in formatting at once on a thread, one inside the other. A value that logs while it
/// is formatted nests; one that logs itself would never end.
const MAX_DEPTH: u8 = 8;

/// What is kept of the place where texts are formatted; one that needed more was an exception.
const KEPT_CAPACITY: usize = 16 * 1024;

thread_local! {
    /// Where a text is formatted before its secrets are known.
    static SCRATCH: Cell<String> = const { Cell::new(String::new()) };
    static DEPTH: Cell<u8> = const { Cell::new(0) };
}

/// Appends `text` with its quotes, without secrets, and cut after `limit` characters.
#[inline]
pub(crate) fn push_str(to: &mut Vec<u8>, text: &str, limit: usize, redaction: &Redaction) {
    to.push(b'"');
    // Without a sign of a secret there is none.
    let is_plain = |word: Word| word.is_plain() && word.has_no_sign();
    if text.len() <= limit
        && !redaction.has_patterns()
        && words::start(text.as_bytes(), is_plain) == text.len()
    {
        to.extend_from_slice(text.as_bytes());
        to.push(b'"');
    } else {
        push_rest_of_str(to, text, limit, redaction);
    }
}

/// Does so for any text, behind its first quote.
fn push_rest_of_str(to: &mut Vec<u8>, text: &str, limit: usize, redaction: &Redaction) {
    push_shown(to, text, true, limit, redaction);
    to.push(b'"');
}

/// Appends a name that the code gives, which has no secrets, with its quotes and cut after `limit` characters.
pub(crate) fn push_name(to: &mut Vec<u8>, name: &str, limit: usize) {
    to.push(b'"');
    push_cut(to, name, limit);
    to.push(b'"');
}

/// Appends `text`, which has no secrets, as it stands between quotes, cut after `limit` characters.
pub(crate) fn push_cut(to: &mut Vec<u8>, text: &str, limit: usize) {
    match cut_at(text, limit) {
        None => json::push_escaped(to, text),
        Some(end) => {
            json::push_escaped(to, &text[..end]);
            to.extend_from_slice(mark::CUT.as_bytes());
        }
    }
}

/// Appends `bytes` as a text of hexadecimal digits, as many whole bytes as `limit` characters have room for.
pub(crate) fn push_bytes(to: &mut Vec<u8>, bytes: &[u8], limit: usize) {
    let shown = bytes.len().min(limit / 2);
    to.push(b'"');
    for byte in &bytes[..shown] {
        json::push_hex(to, [*byte]);
    }
    if shown < bytes.len() {
        to.extend_from_slice(mark::CUT.as_bytes());
    }
    to.push(b'"');
}

/// Appends what `value` formats to, with its quotes, without secrets, and cut after `limit` characters. Formatting
/// ends soon after the cut.
///
/// A value that panics or fails leaves [`mark::UNPRINTABLE`] in its place.
pub(crate) fn push_formatted(
    to: &mut Vec<u8>,
    value: fmt::Arguments<'_>,
    limit: usize,
    redaction: &Redaction,
) {
    if let Some(text) = value.as_str() {
        return push_str(to, text, limit, redaction);
    }
    let mut text = SCRATCH.try_with(Cell::take).unwrap_or_default();
    let written = format(&mut text, value, limit.saturating_add(redaction.lookahead()));
    to.push(b'"');
    match written {
        Ok(true) if is_shown_as_it_is(&text, limit, redaction) => {
            to.extend_from_slice(text.as_bytes());
        }
        Ok(whole) => push_shown(to, &text, whole, limit, redaction),
        Err(mark) => to.extend_from_slice(mark.as_bytes()),
    }
    to.push(b'"');
    if text.capacity() <= KEPT_CAPACITY {
        text.clear();
        // A thread that is ending has no place for it any more.
        let _ = SCRATCH.try_with(|place| place.set(text));
    }
}

/// What `value` formats to, of which no more than `limit` characters are needed; the mark to stand in its place where
/// it panics or fails.
pub(super) fn formatted(value: fmt::Arguments<'_>, limit: usize) -> Result<String, &'static str> {
    let mut text = String::new();
    format(&mut text, value, limit)?;
    Ok(text)
}

/// Appends the first `limit` characters of what `value` formats to. Whether those are all.
fn format(to: &mut String, value: fmt::Arguments<'_>, limit: usize) -> Result<bool, &'static str> {
    let counted = to.len();
    let mut writer = Limited { to, left: limit, counted, cut: false };
    let written = fenced(|| writer.write_fmt(value).map_err(|_| ()));
    if writer.cut { Ok(false) } else { written.map(|()| true) }
}

/// Whether nothing of `text` is secret, escaped or cut, as far as is quickly known.
fn is_shown_as_it_is(text: &str, limit: usize, redaction: &Redaction) -> bool {
    let is_shown = |word: Word| word.is_plain() && word.has_no_sign();
    text.len() <= limit
        && !redaction.has_patterns()
        && words::start(text.as_bytes(), is_shown) == text.len()
}

/// Appends `text` as it stands between quotes, without secrets, and cut after `limit` characters. If `text` is not the
/// `whole` text, it was cut already, after as many characters as it takes to know what is secret.
fn push_shown(to: &mut Vec<u8>, text: &str, whole: bool, limit: usize, redaction: &Redaction) {
    let end = cut_at(text, limit);
    if whole && end.is_none() {
        return match redaction.redact_text(text) {
            Cow::Borrowed(text) => json::push_escaped(to, text),
            // Marks may be longer than what they stand for.
            Cow::Owned(text) => push_cut(to, &text, limit),
        };
    }
    let end = end.unwrap_or(text.len());
    let beyond = cut_at(&text[end..], redaction.lookahead()).map(|length| end + length);
    let known = &text[..beyond.unwrap_or(text.len())];
    let shown = redaction.shown(known, end, whole && beyond.is_none());
    json::push_escaped(to, &shown[..cut_at(&shown, limit).unwrap_or(shown.len())]);
    to.extend_from_slice(mark::CUT.as_bytes());
}

/// Runs `write`, which lets a user's value write itself; the mark to stand in its place when it panicked, failed,
/// or was met while too many others were being written.
pub(super) fn fenced(write: impl FnOnce() -> Result<(), ()>) -> Result<(), &'static str> {
    let depth = DEPTH.get();
    if depth == MAX_DEPTH {
        return Err(mark::TOO_DEEP);
    }
    DEPTH.set(depth + 1);
    let written = quietly(write);
    DEPTH.set(depth);
    match written {
        Some(Ok(())) => Ok(()),
        Some(Err(())) | None => Err(mark::UNPRINTABLE),
    }
}

/// The answer of `f`, or `None` when it panicked.
pub(crate) fn quietly<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(discard).ok()
}

/// Drops what a panic threw that was just caught, and is not to go on.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    panic_note::look();
    // A payload may panic once more when it is dropped.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}

/// Where the first `limit` characters of `text` end, if there are more.
pub(crate) fn cut_at(text: &str, limit: usize) -> Option<usize> {
    // A text of no more bytes than the limit has no more characters either.
    text.len().checked_sub(limit)?.checked_sub(1)?;
    text.char_indices().nth(limit).map(|(end, _)| end)
}

/// Takes a number of characters, and fails at the next one, which ends the formatting of a long value early.
struct Limited<'a> {
    to: &'a mut String,
    /// How many characters it takes behind the first `counted` bytes.
    left: usize,
    counted: usize,
    cut: bool,
}

impl fmt::Write for Limited<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Err(fmt::Error);
        }
        // Bytes that are few enough are no more characters.
        if self.to.len() - self.counted + text.len() <= self.left {
            self.to.push_str(text);
            return Ok(());
        }
        self.left -= self.to[self.counted..].chars().count();
        self.counted = self.to.len();
        match cut_at(text, self.left) {
            None => {
                self.to.push_str(text);
                Ok(())
            }
            Some(end) => {
                self.to.push_str(&text[..end]);
                self.left = 0;
                self.cut = true;
                Err(fmt::Error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(value: fmt::Arguments<'_>, limit: usize) -> String {
        let mut line = Vec::new();
        push_formatted(&mut line, value, limit, &Redaction::standard());
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn cuts_after_characters_not_bytes() {
        assert_eq!(formatted(format_args!("{}{}", "éé", "éé"), 3), "\"ééé...\"");
        assert_eq!(formatted(format_args!("{}", "ééé"), 3), "\"ééé\"");
        assert_eq!(formatted(format_args!("{}", ""), 0), "\"\"");
        assert_eq!(formatted(format_args!("{}", "x"), 0), "\"...\"");
    }

    #[test]
    fn a_value_that_ignores_the_end_is_cut_once() {
        struct Stubborn;
        impl fmt::Display for Stubborn {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for _ in 0..5 {
                    let _ = f.write_str("ab");
                }
                Ok(())
            }
        }
        assert_eq!(formatted(format_args!("{}", Stubborn), 3), "\"aba...\"");
    }

    #[test]
    fn a_panicking_value_leaves_a_mark() {
        struct Broken;
        impl fmt::Display for Broken {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                panic!("broken")
            }
        }
        assert_eq!(formatted(format_args!("{}", Broken), 9), "\"<unprintable>\"");
    }
}
