//! Shell-style patterns that are matched against a whole text.
//!
//! `*` is any text, `?` any character, `[a-c]` one of some, `[!a-c]` one that is none of them. Everything else is
//! itself, `/`, `\`, `{` and a `[` without its `]` included. A `]` that comes first in brackets is one of them.

use std::mem;

/// A pattern, taken apart at its stars.
///
/// Between two stars only the first place where the text in between fits has to be tried: whatever comes after fits
/// behind a later place only if it fits behind the first. So nothing is tried twice, and matching takes no more
/// steps than the length of the pattern times that of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob {
    head: Segment,
    after_star: Option<AfterStar>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct AfterStar {
    middle: Box<[Segment]>,
    last: Segment,
}

impl Glob {
    pub(super) fn parse(pattern: &str) -> Result<Self, Backwards> {
        let mut before = Vec::new();
        let mut current = Segment::default();
        let mut rest = pattern.chars();
        while let Some(character) = rest.next() {
            match character {
                '*' => before.push(mem::take(&mut current)),
                '?' => current.0.push(Atom::Any),
                '[' => match Class::parse(rest.as_str())? {
                    Some((class, after)) => {
                        current.0.push(Atom::Class(class));
                        rest = after.chars();
                    }
                    None => current.push_literal('['),
                },
                _ => current.push_literal(character),
            }
        }
        let mut before = before.into_iter();
        Ok(match before.next() {
            None => Self { head: current, after_star: None },
            Some(head) => {
                let middle = before.filter(|segment| !segment.0.is_empty()).collect();
                Self { head, after_star: Some(AfterStar { middle, last: current }) }
            }
        })
    }

    /// What every matching text begins with.
    pub(super) fn prefix(&self) -> &str {
        match self.head.0.first() {
            Some(Atom::Literal(text)) => text,
            _ => "",
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let Some(rest) = self.head.strip_from_start(text) else { return false };
        let Some(AfterStar { middle, last }) = &self.after_star else { return rest.is_empty() };
        let Some(rest) = last.strip_from_end(rest) else { return false };
        middle.iter().try_fold(rest, |rest, segment| segment.skip_past(rest)).is_some()
    }
}

/// A part of a pattern without a star, which matches texts of one length only, counted in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Segment(Vec<Atom>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Atom {
    Literal(String),
    Any,
    Class(Class),
}

impl Segment {
    fn push_literal(&mut self, character: char) {
        match self.0.last_mut() {
            Some(Atom::Literal(text)) => text.push(character),
            _ => self.0.push(Atom::Literal(character.into())),
        }
    }

    /// What follows where the text begins with this.
    fn strip_from_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.0.iter().try_fold(text, |text, atom| {
            let mut characters = text.chars();
            match atom {
                Atom::Literal(literal) => text.strip_prefix(&**literal),
                Atom::Any => characters.next().map(|_| characters.as_str()),
                Atom::Class(class) => {
                    characters.next().filter(|c| class.holds(*c)).map(|_| characters.as_str())
                }
            }
        })
    }

    /// What comes before where the text ends with this.
    fn strip_from_end<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.0.iter().rev().try_fold(text, |text, atom| {
            let mut characters = text.chars();
            match atom {
                Atom::Literal(literal) => text.strip_suffix(&**literal),
                Atom::Any => characters.next_back().map(|_| characters.as_str()),
                Atom::Class(class) => {
                    characters.next_back().filter(|c| class.holds(*c)).map(|_| characters.as_str())
                }
            }
        })
    }

    /// What follows the first place where this fits.
    fn skip_past<'t>(&self, mut text: &'t str) -> Option<&'t str> {
        loop {
            if let Some(Atom::Literal(literal)) = self.0.first() {
                text = &text[text.find(&**literal)?..];
            }
            if let Some(rest) = self.strip_from_start(text) {
                return Some(rest);
            }
            let mut characters = text.chars();
            characters.next()?;
            text = characters.as_str();
        }
    }
}

/// Some characters, or all but some.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Class {
    negated: bool,
    ranges: Box<[(char, char)]>,
}

impl Class {
    /// The class and what follows it, by what follows a `[`; `None` where nothing closes it.
    fn parse(text: &str) -> Result<Option<(Self, &str)>, Backwards> {
        let (negated, body) = match text.strip_prefix('!') {
            Some(body) => (true, body),
            None => (false, text),
        };
        let Some((end, _)) = body.char_indices().skip(1).find(|(_, c)| *c == ']') else {
            return Ok(None);
        };
        let mut ranges = Vec::new();
        let mut members = body[..end].chars();
        while let Some(from) = members.next() {
            let mut ahead = members.clone();
            let to = match (ahead.next(), ahead.next()) {
                (Some('-'), Some(to)) => {
                    members = ahead;
                    to
                }
                _ => from,
            };
            if from > to {
                return Err(Backwards { from, to });
            }
            ranges.push((from, to));
        }
        Ok(Some((Self { negated, ranges: ranges.into() }, &body[end + 1..])))
    }

    fn holds(&self, character: char) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != self.negated
    }
}

/// A range whose end comes before its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backwards {
    pub(super) from: char,
    pub(super) to: char,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_glob(pattern: &str, matching: &[&str], other: &[&str]) {
        let glob = Glob::parse(pattern).unwrap();
        for text in matching {
            assert!(glob.matches(text), "{pattern:?} should match {text:?}");
            assert!(text.starts_with(glob.prefix()));
        }
        for text in other {
            assert!(!glob.matches(text), "{pattern:?} should not match {text:?}");
        }
    }

    #[test]
    fn a_star_is_any_text() {
        assert_glob("*", &["", "a", "a/b\nc"], &[]);
        assert_glob("a*", &["a", "ab"], &["", "ba", "A"]);
        assert_glob("*a", &["a", "ba"], &["ab"]);
        assert_glob("ab*ba", &["abba", "ab-ba"], &["aba"]);
        assert_glob("*ab*ab*", &["abab", "aabbaab"], &["ab", "aba"]);
        assert_glob("**/x", &["/x", "a/b/x"], &["x"]);
    }

    #[test]
    fn a_question_mark_is_one_character_of_any_length() {
        assert_glob("?", &["a", "é", "🦀", "\n"], &["", "ab"]);
        assert_glob("*?b", &["ab", "ééb"], &["b"]);
        assert_glob("*a?c*", &["aaxc", "abacabc"], &["ac", "abb"]);
    }

    #[test]
    fn a_class_is_one_of_some_characters() {
        assert_glob("[a-cx]", &["a", "b", "c", "x"], &["d", "-", ""]);
        assert_glob("[!a-cx]", &["d", "é", "!"], &["a", "x", ""]);
        assert_glob("[à-é]", &["é"], &["e", "ê"]);
        assert_glob("[a-]", &["a", "-"], &["b"]);
        assert_glob("[a-c-e]", &["b", "-", "e"], &["d"]);
        assert_glob("[]-a]", &["]", "^", "a"], &["b", "["]);
        assert_glob("[!]]", &["a"], &["]"]);
        assert_glob("[^a]", &["^", "a"], &["b"]);
        assert_glob("*[0-9][0-9]", &["a12", "12"], &["a1"]);
        assert_glob("*[0-9]x*", &["1x", "a11x-"], &["ax"]);
    }

    #[test]
    fn what_other_shells_expand_is_itself() {
        assert_glob("[a", &["[a"], &["a"]);
        assert_glob("[]", &["[]"], &[""]);
        assert_glob("[!]", &["[!]"], &["a"]);
        assert_glob("[[a]", &["[", "a"], &["[a"]);
        assert_glob("{a,b}", &["{a,b}"], &["a"]);
        assert_glob("\\*", &["\\", "\\x"], &["*"]);
        assert_glob("[\\a]", &["\\", "a"], &["]"]);
    }

    #[test]
    fn a_range_has_to_run_forwards() {
        assert_eq!(Glob::parse("x[z-a]"), Err(Backwards { from: 'z', to: 'a' }));
        assert_eq!(Glob::parse("[!b--]"), Err(Backwards { from: 'b', to: '-' }));
        assert!(Glob::parse("[z-a").is_ok(), "nothing closes it");
    }
}
