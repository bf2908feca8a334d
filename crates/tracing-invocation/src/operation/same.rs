//! Decides whether an inner failure and an outer one are the same error, passed on.
//!
//! Errors move by value: an outer operation returns another value, often of another type, and all that can be compared are
//! texts. A match suppresses the outer operation's error, so what counts is that the inner record says what the outer one
//! would have said. Where the outer error has causes of its own that the inner record lacks, it is another error.

use std::iter;

use super::{Failure, Message};
use crate::convention::{error, mark};

impl Failure {
    /// Returns `true` if this failure, of an inner operation, is the one that `outer` was made from. `is_latest` says that no
    /// other operation inside the outer one has failed since.
    pub(super) fn is_origin_of(&self, outer: &Self, is_latest: bool) -> bool {
        self.is_passed_on_as(outer)
            || self.is_cause_of(outer)
            || (is_latest && self.is_shown_as_debug_text(outer))
    }

    /// Returns `true` if the outer error says the same at its top: it is the same value, or holds it, as boxed errors and
    /// transparent wrappers do. The types of such errors differ, so they are not compared.
    fn is_passed_on_as(&self, outer: &Self) -> bool {
        let is_kind_known = !self.is_opaque() && !outer.is_opaque();
        let locations_agree =
            [self.location, outer.location].contains(&None) || self.location == outer.location;
        if (is_kind_known && !self.may_be_of_kind(outer)) || !locations_agree {
            return false;
        }
        match (self.known_message(), outer.known_message()) {
            (Some(mine), Some(theirs)) => **mine == **theirs && self.tells_causes(outer.causes()),
            // Of two errors without a text there is only the type.
            _ => *self.kind == *outer.kind,
        }
    }

    /// Returns `true` if the kinds allow for one error. A panic is no error, and words that the program chose are meant.
    fn may_be_of_kind(&self, outer: &Self) -> bool {
        let are_words = self.kind.is_word() && outer.kind.is_word();
        self.is_panic() == outer.is_panic() && (!are_words || *self.kind == *outer.kind)
    }

    /// Returns `true` if the outer error has this one among its causes.
    fn is_cause_of(&self, outer: &Self) -> bool {
        let Some(mine) = self.known_message() else {
            return false;
        };
        let causes = outer.causes();
        let below = |at: usize| causes.get(at + 1..).unwrap_or_default();
        let mut causes = causes.iter().enumerate();
        causes.any(|(at, cause)| **cause == **mine && self.tells_causes(below(at)))
    }

    /// Returns `true` if these causes of an outer error are causes of this one, as far as its causes are known.
    fn tells_causes(&self, outer: &[Message]) -> bool {
        self.causes.as_ref().is_none_or(|mine| {
            outer.len() <= mine.len()
                && iter::zip(mine, outer).all(|(mine, theirs)| **mine == **theirs)
        })
    }

    /// Returns `true` if one of the two is the `Debug` text of an error, and shows the text of the other: `err(Debug)` inside
    /// `err`, or the other way round.
    fn is_shown_as_debug_text(&self, outer: &Self) -> bool {
        if !self.may_be_debug_text && !outer.may_be_debug_text {
            return false;
        }
        let (Some(mine), Some(theirs)) = (self.known_message(), outer.known_message()) else {
            return false;
        };
        let mine = text_of(mine);
        let is_shown_inside = || {
            let mut texts = iter::once(theirs).chain(outer.causes());
            texts.any(|theirs| shows(&mine, &text_of(theirs)))
        };
        (self.may_be_debug_text && is_shown_inside())
            || (outer.may_be_debug_text && shows(&text_of(theirs), &mine))
    }

    /// The message, where it tells one error from another.
    fn known_message(&self) -> Option<&Message> {
        let text = self.message.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let is_silent = text.is_empty()
            || text == mark::UNPRINTABLE.as_bytes()
            || (self.is_panic() && text == error::MESSAGE_PANIC.as_bytes());
        (!is_silent).then_some(&self.message)
    }

    fn causes(&self) -> &[Message] {
        self.causes.as_deref().unwrap_or_default()
    }

    /// Returns `true` if only the text is known, as of an `err` event.
    fn is_opaque(&self) -> bool {
        *self.kind == *error::TYPE_OPAQUE
    }

    fn is_panic(&self) -> bool {
        *self.kind == *error::TYPE_PANIC
    }
}

fn text_of(message: &Message) -> String {
    // A message is a JSON text of this crate's own.
    serde_json::from_slice(message).unwrap_or_default()
}

/// Returns `true` if `debug`, a text that `Debug` may have written, shows an error whose text is `part`: as a value in
/// brackets or quotes, or on a line of its own, as reports show what they hold.
fn shows(debug: &str, part: &str) -> bool {
    if part.is_empty() {
        return false;
    }
    let quoted = format!("{part:?}");
    let is_bracketed = |part: &str| {
        debug.match_indices(part).any(|(at, _)| {
            let (before, after) = (&debug[..at], &debug[at + part.len()..]);
            let opens = ["(", "[", ": ", ", "].iter().any(|open| before.ends_with(open));
            opens && [")", "]", ",", " }"].iter().any(|close| after.starts_with(close))
        })
    };
    let is_line = || debug.contains('\n') && debug.lines().any(|line| without_number(line) == part);
    debug == quoted || is_bracketed(part) || is_bracketed(&quoted) || is_line()
}

/// A line of a report, without the number that says how deep the cause on it is: `    0: torn`.
fn without_number(line: &str) -> &str {
    let line = line.trim();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.strip_prefix(": ").filter(|_| rest.len() < line.len()).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::super::{Ending, How};
    use super::*;
    use crate::panic_note::Words;
    use crate::payload::Rules;
    use std::sync::Arc;

    #[test]
    fn a_panic_without_a_message_is_any_panic() {
        assert!(are_same((None, None), (Some("boom"), Some("a.rs:1:1"))));
        assert!(!are_same((Some("bang"), None), (Some("boom"), None)));
    }

    #[test]
    fn panics_that_began_in_two_places_are_two() {
        let (here, there) = (Some("a.rs:1:1"), Some("b.rs:1:1"));
        assert!(are_same((Some("boom"), here), (Some("boom"), here)));
        assert!(are_same((Some("boom"), here), (Some("boom"), None)));
        assert!(!are_same((Some("boom"), here), (Some("boom"), there)));
        assert!(!are_same((None, here), (None, there)));
    }

    #[test]
    fn a_debug_text_shows_what_is_inside() {
        let shown = [
            (r#"Torn("the cable")"#, "the cable"),
            (r#"Torn { what: "a \"thick\" cable", code: 7 }"#, r#"a "thick" cable"#),
            ("Db(Refused)", "Refused"),
            ("Db(Io { source: Refused })", "Refused"),
            ("[Refused, Torn]", "Torn"),
            (r#""just a text""#, "just a text"),
            ("opening\n\nCaused by:\n    torn", "opening"),
            ("opening\n\nCaused by:\n    torn", "torn"),
            ("opening\n\nCaused by:\n    0: reading\n    1: torn", "reading"),
        ];
        for (debug, part) in shown {
            assert!(shows(debug, part), "{part} in {debug}");
        }
    }

    #[test]
    fn a_text_that_only_contains_another_does_not_show_it() {
        let others =
            [("reading: torn", "torn"), ("Untorn(1)", "torn"), ("torn", "torn"), ("Torn(1)", "")];
        for (debug, part) in others {
            assert!(!shows(debug, part), "{part} in {debug}");
        }
    }

    /// Returns `true` if the second panic, by message and location, is the first.
    fn are_same(one: (Option<&str>, Option<&str>), other: (Option<&str>, Option<&str>)) -> bool {
        let panicked = |(message, location): (Option<&str>, Option<&str>)| -> Arc<Failure> {
            let words =
                Words { message: message.map(Box::from), location: location.map(Box::from) };
            match Ending::panicked(&words, Rules::standard()).how {
                How::Failed(failure, _) => failure,
                other => unreachable!("{other:?}"),
            }
        };
        panicked(one).is_origin_of(&panicked(other), true)
    }
}
