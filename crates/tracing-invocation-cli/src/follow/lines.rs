//! Lines, put together from pieces that come one after the other.

use memchr::memchr;

use crate::input::MAX_LINE;

/// What a source has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// A line, without its end.
    Line(&'a [u8]),
    /// A line of which more came than is kept.
    TooLong,
}

/// A line whose end has not come yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// Whether the rest of the line is of no interest.
    is_skipping: bool,
}

impl Lines {
    /// Lines of a source that is read from the middle of one.
    pub(super) fn from_within_a_line() -> Self {
        Self { begun: Vec::new(), is_skipping: true }
    }

    /// Takes what came next, and hands on the lines that it ends.
    pub(super) fn push(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(Said<'_>)) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.is_skipping {
                self.is_skipping = false;
            } else if self.begun.is_empty() {
                each(whole(line));
            } else {
                self.begun.extend_from_slice(line);
                each(whole(&self.begun));
                self.begun.clear();
            }
        }
        if self.is_skipping {
            return;
        }
        self.begun.extend_from_slice(bytes);
        if self.begun.len() > MAX_LINE {
            self.begun = Vec::new();
            self.is_skipping = true;
            each(Said::TooLong);
        }
    }

    /// Hands on a line that will never be ended.
    pub(super) fn finish(&mut self, each: &mut dyn FnMut(Said<'_>)) {
        self.is_skipping = false;
        if !self.begun.is_empty() {
            each(whole(&std::mem::take(&mut self.begun)));
        }
    }
}

fn whole(line: &[u8]) -> Said<'_> {
    if line.len() > MAX_LINE {
        return Said::TooLong;
    }
    Said::Line(line.strip_suffix(b"\r").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(lines: &mut Lines, pieces: &[&[u8]]) -> Vec<String> {
        let mut all = Vec::new();
        let mut each = |said: Said<'_>| match said {
            Said::Line(line) => all.push(String::from_utf8_lossy(line).into_owned()),
            Said::TooLong => all.push("too long".to_owned()),
        };
        for piece in pieces {
            lines.push(piece, &mut each);
        }
        lines.finish(&mut each);
        all
    }

    #[test]
    fn what_is_read_from_within_a_line_begins_with_the_next() {
        let mut lines = Lines::from_within_a_line();
        assert_eq!(said(&mut lines, &[b"rest", b" of it\nnext\r\nlast"]), ["next", "last"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_not_kept() {
        let long = vec![b'x'; MAX_LINE];
        let mut lines = Lines::default();
        assert_eq!(said(&mut lines, &[&long, b"x", &long, b"\nnext"]), ["too long", "next"]);
        let ended = [&long[..], b"x\nnext\n"].concat();
        assert_eq!(said(&mut Lines::default(), &[&ended]), ["too long", "next"]);
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_they_come(
            text in prop::collection::vec(prop::sample::select(b"ab\n".to_vec()), 0..40),
            cut in prop::collection::vec(1_usize..5, 0..20),
        ) {
            let mut pieces: Vec<&[u8]> = Vec::new();
            let mut rest = &text[..];
            for length in cut {
                let (piece, after) = rest.split_at(length.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            let text = String::from_utf8(text.clone()).unwrap();
            let expected: Vec<_> = text.lines().collect();
            prop_assert_eq!(said(&mut Lines::default(), &pieces), expected);
        }
    }
}
