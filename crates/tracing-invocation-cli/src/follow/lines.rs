//! Assembles lines from pieces of arbitrary size.

use memchr::memchr;

use crate::input::MAX_LINE;

/// A line that is complete, or too long to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEvent<'a> {
    /// A line, without its line ending.
    Line(&'a [u8]),
    /// A line that exceeds [`MAX_LINE`]. Its text is discarded.
    TooLong,
}

/// A line whose end has not been read yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// `true` while the rest of the current line is discarded.
    is_skipping: bool,
}

impl Lines {
    /// Starts in the middle of a line, and discards the rest of it.
    pub(super) fn from_within_a_line() -> Self {
        Self { begun: Vec::new(), is_skipping: true }
    }

    /// Appends a piece, and passes the lines that it completes to `each`.
    pub(super) fn push(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(LineEvent<'_>)) {
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
            each(LineEvent::TooLong);
        }
    }

    /// Passes the unfinished line to `each`, if there is one: the source has ended.
    pub(super) fn finish(&mut self, each: &mut dyn FnMut(LineEvent<'_>)) {
        self.is_skipping = false;
        if !self.begun.is_empty() {
            each(whole(&std::mem::take(&mut self.begun)));
        }
    }
}

fn whole(line: &[u8]) -> LineEvent<'_> {
    if line.len() > MAX_LINE {
        return LineEvent::TooLong;
    }
    LineEvent::Line(line.strip_suffix(b"\r").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &mut Lines, pieces: &[&[u8]]) -> Vec<String> {
        let mut all = Vec::new();
        let mut each = |event: LineEvent<'_>| match event {
            LineEvent::Line(line) => all.push(String::from_utf8_lossy(line).into_owned()),
            LineEvent::TooLong => all.push("too long".to_owned()),
        };
        for piece in pieces {
            lines.push(piece, &mut each);
        }
        lines.finish(&mut each);
        all
    }

    #[test]
    fn starting_within_a_line_skips_to_the_next() {
        let mut lines = Lines::from_within_a_line();
        assert_eq!(read(&mut lines, &[b"rest", b" of it\nnext\r\nlast"]), ["next", "last"]);
    }

    #[test]
    fn the_text_of_a_line_that_is_too_long_is_discarded() {
        let long = vec![b'x'; MAX_LINE];
        let mut lines = Lines::default();
        assert_eq!(read(&mut lines, &[&long, b"x", &long, b"\nnext"]), ["too long", "next"]);
        let ended = [&long[..], b"x\nnext\n"].concat();
        assert_eq!(read(&mut Lines::default(), &[&ended]), ["too long", "next"]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_text_is_cut_into_pieces(
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
            prop_assert_eq!(read(&mut Lines::default(), &pieces), expected);
        }
    }
}
