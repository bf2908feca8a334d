//! One line, cut to what a terminal has room for.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::Style;
use tracing_invocation::format::harmless;
use unicode_width::UnicodeWidthChar as _;

/// Ends what was cut.
const CUT: &str = "…";

/// Texts and how each looks.
#[derive(Debug, Default)]
pub(super) struct Line(Vec<(Style, String)>);

impl Line {
    /// Appends a text, of which nothing acts on a terminal.
    pub(super) fn put(&mut self, style: Style, text: impl AsRef<str>) {
        let text = match harmless(text.as_ref()) {
            Cow::Borrowed("") => return,
            text => text.into_owned(),
        };
        self.0.push((style, text));
    }

    /// Writes the line, cut to so many columns where a number is given.
    pub(super) fn write(mut self, out: &mut dyn Write, columns: Option<usize>) -> io::Result<()> {
        if let Some(columns) = columns {
            self.cut(columns);
        }
        for (style, text) in &self.0 {
            write!(out, "{style}{text}{style:#}")?;
        }
        writeln!(out)
    }

    fn cut(&mut self, columns: usize) {
        let mut used = 0;
        let mut room_for_mark = (0, 0);
        for (part, (_, text)) in self.0.iter().enumerate() {
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
        self.0.truncate(part + 1);
        if let Some((_, text)) = self.0.last_mut() {
            text.truncate(at);
            text.push_str(CUT);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::told::{DIM, PLAIN};

    fn cut(parts: &[&str], columns: usize) -> String {
        let mut line = Line::default();
        parts.iter().for_each(|part| line.put(PLAIN, part));
        let mut out = Vec::new();
        line.write(&mut out, Some(columns)).unwrap();
        String::from_utf8(out).unwrap().trim_end_matches('\n').to_owned()
    }

    #[test]
    fn what_does_not_fit_ends_in_a_mark() {
        assert_eq!(cut(&["shop/", "order"], 10), "shop/order");
        assert_eq!(cut(&["shop/", "order"], 9), "shop/ord…");
        assert_eq!(cut(&["shop/", "order"], 5), "shop…");
        assert_eq!(cut(&["shop/", "order"], 1), "…");
        assert_eq!(cut(&["日本語"], 6), "日本語");
        assert_eq!(cut(&["日本語"], 5), "日本…");
        assert_eq!(cut(&["日本語"], 4), "日…");
    }

    #[test]
    fn nothing_acts_on_the_terminal() {
        let mut line = Line::default();
        line.put(DIM, "red \u{1b}[31m\n");
        let mut out = Vec::new();
        line.write(&mut out, None).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\u{1b}[2mred \\u{1b}[31m\\n\u{1b}[0m\n");
    }

    proptest! {
        #[test]
        fn a_line_is_never_wider_than_there_is_room(
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
