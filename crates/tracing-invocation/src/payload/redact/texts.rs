//! Finds secrets in a text by their form.
//!
//! A text has no keys, but much of what stands in one does: the query of a URL, the `Debug` text of a struct, JSON, a
//! header. There the key decides, as everywhere. Other secrets have a form that nothing else has. Every form contains a
//! sign, a byte that [`words::signs`] finds eight bytes at a time; a text without signs is not looked at again.

mod fields;
mod forms;

use std::ops::Range;

use super::super::words;
use super::Keys;

/// A text in which secrets are looked for.
#[derive(Clone, Copy)]
struct Text<'t> {
    text: &'t str,
    /// Whether it is all of the text; otherwise what reaches its end may go on.
    is_whole: bool,
}

/// Adds every secret in `text`. If that is not the `whole` text, a form that is still open at its end counts as complete.
pub(super) fn find(keys: &Keys, text: &str, is_whole: bool, secrets: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let (mut at, mut braces) = (0, fields::Braces::default());
    for sign in words::signs(bytes) {
        if sign < at {
            continue;
        }
        let text = Text { text, is_whole };
        let found = match bytes[sign] {
            b':' => fields::after_colon(keys, text, &mut braces, sign),
            b'=' => fields::after_equals(keys, text, sign),
            b'(' => fields::after_parenthesis(keys, text, sign),
            b'B' | b'b' => match bytes.get(sign + 1) {
                Some(b'a' | b'A' | b'e' | b'E') => {
                    forms::scheme(text, sign).or_else(|| forms::private_key(text, sign))
                }
                _ => None,
            },
            b'I' => forms::access_key(text, sign),
            b'J' => forms::json_web_token(text, sign),
            _ => None,
        };
        if let Some(found) = found.filter(|found| !found.is_empty()) {
            at = found.end;
            secrets.push(found);
        }
    }
}

impl<'t> Text<'t> {
    fn bytes(self) -> &'t [u8] {
        self.text.as_bytes()
    }

    /// Where the bytes that `is` takes, from `at` on, end.
    fn run(self, at: usize, is: impl Fn(u8) -> bool) -> usize {
        let bytes = self.bytes();
        bytes[at..].iter().position(|&byte| !is(byte)).map_or(bytes.len(), |length| at + length)
    }

    /// Whether the text may go on behind what ends at `end`.
    fn is_open(self, end: usize) -> bool {
        !self.is_whole && end == self.text.len()
    }

    fn begins_word(self, at: usize) -> bool {
        match self.bytes()[..at] {
            // The letter of an escape, as in a `Debug` text.
            [.., b'\\', b'n' | b'r' | b't'] => true,
            [.., before] => !before.is_ascii_alphanumeric(),
            [] => true,
        }
    }

    fn ends_word(self, at: usize) -> bool {
        self.bytes().get(at).is_none_or(|after| !after.is_ascii_alphanumeric())
    }
}
