//! A styled line of text that can be truncated to a width.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::Style;
use tracing_invocation::Outcome;
use tracing_invocation::format::harmless;
use unicode_width::UnicodeWidthChar;

use super::{DIM, ERROR, PLAIN, Reason};

/// Marks the end of a truncated text.
const CUT: &str = "…";

/// Parts of text, each with its style.
#[derive(Debug, Default)]
pub(crate) struct Line {
    parts: Vec<(Style, String)>,
    /// The index of the part with which the reason begins, which is the space before it.
    told: Option<usize>,
}

impl Line {
    /// Appends a text. Escapes control characters, which could act on the terminal.
    pub(crate) fn put(&mut self, style: Style, text: impl AsRef<str>) {
        let text = match harmless(text.as_ref()) {
            Cow::Borrowed("") => return,
            text => text.into_owned(),
        };
        self.parts.push((style, text));
    }

    /// Appends an outcome's sign and word.
    pub(crate) fn put_outcome(&mut self, outcome: Option<Outcome>, is_told_elsewhere: bool) {
        let (sign, word) = (super::sign(outcome), super::word(outcome));
        self.put(super::style(outcome, is_told_elsewhere), format!("{sign} {word:<9} "));
    }

    /// Appends the reason for an end.
    pub(crate) fn put_reason(&mut self, told: &Reason) {
        self.told.get_or_insert(self.parts.len());
        self.put(PLAIN, "  ");
        if let Some(kind) = &told.kind {
            self.put(ERROR, kind);
            self.put(ERROR, ": ");
        }
        self.put(PLAIN, &told.text);
    }

    /// Appends another line.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.parts.append(&mut other.parts);
    }

    /// Returns the width in columns.
    pub(crate) fn width(&self) -> usize {
        self.parts.iter().flat_map(|(_, text)| text.chars()).filter_map(char::width).sum()
    }

    /// Returns the parts of text, each with its style.
    pub(crate) fn into_parts(self) -> Vec<(Style, String)> {
        self.parts
    }

    /// Writes the line, truncated to `width` columns if that is given.
    pub(crate) fn write(mut self, out: &mut dyn Write, columns: Option<usize>) -> io::Result<()> {
        if let Some(columns) = columns {
            self.cut(columns);
        }
        for (style, text) in &self.parts {
            write!(out, "{style}{text}{style:#}")?;
        }
        writeln!(out)
    }

    /// Writes the whole line. If it is too wide, the reason moves to a second line, after `lead`.
    pub(crate) fn write_whole(
        self,
        out: &mut dyn Write,
        columns: Option<usize>,
        lead: &str,
    ) -> io::Result<()> {
        let is_too_wide = columns.is_some_and(|columns| self.width() > columns);
        let Some(told) = self.told.filter(|_| is_too_wide) else { return self.write(out, None) };
        let mut line = self;
        let below = line.parts.split_off(told);
        line.write(out, None)?;
        let mut told = Self::default();
        told.put(DIM, lead);
        told.parts.extend(below.into_iter().skip(1));
        told.write(out, None)
    }

    /// Truncates the line to this many columns.
    pub(crate) fn cut(&mut self, columns: usize) {
        if columns == 0 {
            self.parts.clear();
        }
        let mut used = 0;
        let mut room_for_mark = (0, 0);
        for (part, (_, text)) in self.parts.iter().enumerate() {
            for (at, character) in text.char_indices() {
                if used < columns {
                    room_for_mark = (part, at);
                }
                used += character.width().unwrap_or_default();
                if used > columns {
                    return self.cut_at(room_for_mark);
                }
            }
        }
    }

    fn cut_at(&mut self, (part, at): (usize, usize)) {
        self.parts.truncate(part + 1);
        if let Some((_, text)) = self.parts.last_mut() {
            text.truncate(at);
            text.push_str(CUT);
        }
    }
}

/// Truncates a text to this many columns, or pads it with spaces.
pub(crate) fn fitted(text: &str, columns: usize) -> String {
    let mut line = Line::default();
    line.put(PLAIN, text);
    line.cut(columns);
    let rest = columns.saturating_sub(line.width());
    let mut fitted: String = line.parts.into_iter().map(|(_, text)| text).collect();
    fitted.extend(std::iter::repeat_n(' ', rest));
    fitted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    fn cut(parts: &[&str], columns: usize) -> String {
        let mut line = Line::default();
        parts.iter().for_each(|part| line.put(PLAIN, part));
        let mut out = Vec::new();
        line.write(&mut out, Some(columns)).unwrap();
        String::from_utf8(out).unwrap().trim_end_matches('\n').to_owned()
    }

    #[test]
    fn a_truncated_line_ends_in_a_mark() {
        assert_eq!(cut(&["shop/", "order"], 10), "shop/order");
        assert_eq!(cut(&["shop/", "order"], 9), "shop/ord…");
        assert_eq!(cut(&["shop/", "order"], 5), "shop…");
        assert_eq!(cut(&["shop/", "order"], 1), "…");
        assert_eq!(cut(&["日本語"], 6), "日本語");
        assert_eq!(cut(&["日本語"], 5), "日本…");
        assert_eq!(cut(&["日本語"], 4), "日…");
    }

    #[test]
    fn a_column_is_padded_or_truncated() {
        assert_eq!(fitted("日本", 6), "日本  ");
        assert_eq!(fitted("日本語", 4), "日… ");
        assert_eq!(fitted("order", 0), "");
    }

    #[test]
    fn control_characters_are_escaped() {
        let mut line = Line::default();
        line.put(DIM, "red \u{1b}[31m\n");
        let mut out = Vec::new();
        line.write(&mut out, None).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\u{1b}[2mred \\u{1b}[31m\\n\u{1b}[0m\n");
    }

    proptest! {
        #[test]
        fn a_line_is_never_too_wide(
            parts in prop::collection::vec("\\PC{0,8}", 0..5),
            columns in 1_usize..30,
        ) {
            let parts: Vec<_> = parts.iter().map(String::as_str).collect();
            let shown = cut(&parts, columns);
            let width: usize = shown.chars().filter_map(|c| c.width()).sum();
            prop_assert!(width <= columns, "{shown:?} is {width}");
            prop_assert!(shown.width() <= width);
        }
    }
}
