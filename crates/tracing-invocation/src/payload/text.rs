//! Texts of limited length, and the fence around a user's `Debug`, `Display` and `Serialize`.

use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::json;
use crate::convention::mark;

/// How many values may be in formatting at once on a thread, one inside the other. A value that logs while it
/// is formatted nests; one that logs itself would never end.
const MAX_DEPTH: u8 = 8;

thread_local! {
    static DEPTH: Cell<u8> = const { Cell::new(0) };
}

/// Appends `text` with its quotes, cut after `limit` characters.
pub(crate) fn push_str(to: &mut Vec<u8>, text: &str, limit: usize) {
    to.push(b'"');
    push_cut(to, text, limit);
    to.push(b'"');
}

/// Appends `text` as it stands between quotes, cut after `limit` characters.
pub(crate) fn push_cut(to: &mut Vec<u8>, text: &str, limit: usize) {
    // A text of no more bytes than the limit has no more characters either.
    match Some(limit).filter(|limit| text.len() > *limit).and_then(|limit| cut_at(text, limit)) {
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
        json::push_hex(to, u128::from(*byte), 2);
    }
    if shown < bytes.len() {
        to.extend_from_slice(mark::CUT.as_bytes());
    }
    to.push(b'"');
}

/// Appends what `value` formats to, with its quotes and cut after `limit` characters. Formatting ends at the cut.
///
/// A value that panics or fails leaves [`mark::UNPRINTABLE`] in its place.
pub(crate) fn push_formatted(to: &mut Vec<u8>, value: fmt::Arguments<'_>, limit: usize) {
    if let Some(text) = value.as_str() {
        return push_str(to, text, limit);
    }
    let start = to.len();
    to.push(b'"');
    let mut writer = Limited { to, left: limit, cut: false };
    let written = fenced(|| writer.write_fmt(value).map_err(|_| ()));
    let cut = writer.cut;
    match written {
        _ if cut => to.extend_from_slice(mark::CUT.as_bytes()),
        Ok(()) => {}
        Err(mark) => {
            to.truncate(start + 1);
            to.extend_from_slice(mark.as_bytes());
        }
    }
    to.push(b'"');
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
    catch_unwind(AssertUnwindSafe(f))
        .map_err(|payload| {
            // A payload may panic once more when it is dropped.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
        })
        .ok()
}

/// Where the first `limit` characters of `text` end, if there are more.
pub(crate) fn cut_at(text: &str, limit: usize) -> Option<usize> {
    text.char_indices().nth(limit).map(|(end, _)| end)
}

/// Escapes into a buffer, and fails once there is no room left, which ends the formatting of a long value early.
struct Limited<'a> {
    to: &'a mut Vec<u8>,
    left: usize,
    cut: bool,
}

impl fmt::Write for Limited<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Err(fmt::Error);
        }
        match Some(self.left).filter(|left| text.len() > *left).and_then(|left| cut_at(text, left))
        {
            None => {
                json::push_escaped(self.to, text);
                self.left -= text.chars().count();
                Ok(())
            }
            Some(end) => {
                json::push_escaped(self.to, &text[..end]);
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
        push_formatted(&mut line, value, limit);
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
