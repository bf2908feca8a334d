//! The text of one record, on which nothing of the program's can act.

use std::fmt::Write as _;

use anstyle::Style;

use crate::format::hostile::is_hostile;

/// Ends what was cut.
const CUT: char = '…';

/// Text for a terminal. What is put on it is made harmless; the line ends and the styles are its own.
pub(super) struct Page {
    text: String,
    has_color: bool,
    /// The style of what was put last.
    style: Style,
}

impl Page {
    pub(super) fn new(has_color: bool) -> Self {
        Self { text: String::with_capacity(256), has_color, style: Style::new() }
    }

    /// Appends at most `limit` characters that stand for `text`.
    pub(super) fn put(&mut self, style: Style, text: &str, limit: usize) {
        self.choose(style);
        self.put_harmless(text, limit);
    }

    /// Appends what is this crate's own.
    pub(super) fn put_own(&mut self, style: Style, text: &str) {
        self.put(style, text, usize::MAX);
    }

    /// Ends a line, and begins the next with so many spaces.
    pub(super) fn break_line(&mut self, indentation: usize) {
        self.choose(Style::new());
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indentation));
    }

    /// The text, its last line ended.
    pub(super) fn finish(mut self) -> String {
        self.break_line(0);
        self.text
    }

    fn choose(&mut self, style: Style) {
        let last = std::mem::replace(&mut self.style, style);
        if self.has_color && last != style {
            // Writing to a `String` does not fail.
            let _ = write!(self.text, "{last:#}{style}");
        }
    }

    fn put_harmless(&mut self, text: &str, limit: usize) {
        let mut room = limit;
        for character in text.chars() {
            let is_hostile = is_hostile(character);
            let width = if is_hostile { character.escape_default().len() } else { 1 };
            let Some(rest) = room.checked_sub(width) else {
                self.text.push(CUT);
                return;
            };
            room = rest;
            if is_hostile {
                self.text.extend(character.escape_default());
            } else {
                self.text.push(character);
            }
        }
    }
}
