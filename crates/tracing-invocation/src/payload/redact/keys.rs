//! Decides whether a key is secret: see [`secret`] for the rule.
//!
//! Keys are compared in place, in ASCII lower case and without what separates words, so that none has to be taken
//! apart. Nearly every key is harmless, and three small tables say so after one look at each of its letters.

use std::fmt;

use crate::convention::secret;

/// The names of secret keys, and of exceptions from them.
#[derive(Clone, Default)]
pub(super) struct Keys {
    /// By their first letters.
    names: Vec<Name>,
    /// Where those with a first letter begin.
    firsts: Vec<usize>,
    gate: Gate,
}

#[derive(Clone, Debug)]
struct Name {
    /// Lower case, without separators.
    letters: Vec<u8>,
    place: Place,
    kind: Kind,
}

/// Where a name may stand in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It begins one and ends one.
    Whole,
    /// It ends one.
    End,
    Anywhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Secret,
    /// Secret unless other words than carriers follow.
    Last,
    /// What it covers is not secret.
    Exception,
}

/// Where a name stands in a key.
struct Found<'n> {
    name: &'n Name,
    start: usize,
    end: usize,
}

impl Keys {
    pub(super) fn standard() -> Self {
        let mut keys = Self::default();
        for (names, kind) in [
            (secret::KEYS, Kind::Secret),
            (secret::LAST, Kind::Last),
            (secret::EXCEPTIONS, Kind::Exception),
        ] {
            for name in names {
                let place = if secret::INSIDE.contains(name) {
                    Place::Anywhere
                } else if secret::WORDS.contains(name) {
                    Place::End
                } else {
                    Place::Whole
                };
                keys.names.push(Name { letters: letters(name), place, kind });
            }
        }
        keys.index();
        keys
    }

    /// Says whether the keys that `name` matches are secret.
    pub(super) fn set(&mut self, name: &str, secret: bool) {
        let letters = letters(name);
        let kind = if secret { Kind::Secret } else { Kind::Exception };
        if let Some(known) = self.names.iter_mut().find(|known| known.letters == letters) {
            known.kind = kind;
        } else if !letters.is_empty() {
            self.names.push(Name { letters, place: Place::Whole, kind });
            self.index();
        }
    }

    fn index(&mut self) {
        let first = |name: &Name| slot(name.letters[0]);
        self.names.sort_by_key(first);
        self.firsts =
            (0..=SLOTS).map(|slot| self.names.partition_point(|name| first(name) < slot)).collect();
        for name in &self.names {
            self.gate.admit(name);
        }
    }

    /// Returns `true` if a value under this key is secret.
    pub(super) fn has(&self, key: &str) -> bool {
        let key = key.as_bytes();
        // The last two letters that were seen: their slots, and whether they are inside a word.
        let (mut first, mut second) = ((0, 1), (0, 1));
        let mut is_inside = 0;
        for (at, &byte) in key.iter().enumerate() {
            let class = CLASS[usize::from(byte)];
            if class & PART == 0 {
                is_inside = 0;
                continue;
            }
            let third = class & SLOT;
            if self.gate.lets_in(first, second.0, third) && self.stands_before(key, at, 2) {
                return self.decide(key);
            }
            first = second;
            second = (third, is_inside & u16::from(class & UPPER == 0));
            is_inside = u16::from(class & DIGIT == 0);
        }
        let is_last = |first, second, letters| {
            self.gate.lets_in(first, second, 0) && self.stands_before(key, key.len(), letters)
        };
        (is_last(first, second.0, 2) || is_last(second, 0, 1)) && self.decide(key)
    }

    /// Returns `true` if some name begins so many letters before `at`.
    #[cold]
    fn stands_before(&self, key: &[u8], at: usize, letters: usize) -> bool {
        let before = key[..at].iter().enumerate().rev().filter(|(_, byte)| is_part(**byte));
        before.map(|(at, _)| at).nth(letters - 1).is_some_and(|start| self.stands_at(key, start))
    }

    /// Returns `true` if some name begins at `at`.
    fn stands_at(&self, key: &[u8], at: usize) -> bool {
        let Some(first) = key.get(at).map(|&byte| slot(byte)) else {
            return false;
        };
        let range = self.firsts.get(first).zip(self.firsts.get(first + 1));
        let names = range.and_then(|(start, end)| self.names.get(*start..*end)).unwrap_or_default();
        // Most of them differ in the letter that follows.
        let second = key[at + 1..].iter().find(|&&byte| is_part(byte));
        let second = second.map_or(0, u8::to_ascii_lowercase);
        let is_close = |name: &&Name| name.letters.get(1).is_none_or(|&letter| letter == second);
        names.iter().filter(is_close).any(|name| name.at(key, at).is_some())
    }

    /// Does so for a key in which some name stands.
    #[cold]
    fn decide(&self, key: &[u8]) -> bool {
        let first = words(key, 0).next().unwrap_or_default();
        if contains(secret::QUESTIONS, first) && !self.names.iter().any(|name| name.is(key)) {
            return false;
        }
        let places = (0..key.len()).filter(|&at| is_part(key[at]));
        let found = |at| self.names.iter().filter_map(move |name| name.at(key, at));
        places.flat_map(found).any(|found| found.is_secret(key) && !self.is_excepted(key, &found))
    }

    /// Returns `true` if a longer name covers this one, and says that it is not secret.
    fn is_excepted(&self, key: &[u8], found: &Found<'_>) -> bool {
        let exceptions = self.names.iter().filter(|name| {
            name.kind == Kind::Exception && name.letters.len() > found.name.letters.len()
        });
        exceptions
            .flat_map(|name| (0..=found.start).filter_map(|at| name.at(key, at)))
            .any(|exception| exception.end >= found.end)
    }
}

impl Name {
    /// Where it stands in `key`, if it begins at `start`.
    fn at(&self, key: &[u8], start: usize) -> Option<Found<'_>> {
        let mut at = start;
        for (number, &letter) in self.letters.iter().enumerate() {
            if number > 0 {
                at += key[at..].iter().position(|&byte| is_part(byte))?;
            }
            if key.get(at)?.to_ascii_lowercase() != letter {
                return None;
            }
            at += 1;
        }
        let is_there = match self.place {
            Place::Whole => begins_word(key, start) && ends_word(key, at),
            Place::End => ends_word(key, at),
            Place::Anywhere => true,
        };
        is_there.then_some(Found { name: self, start, end: at })
    }

    /// Returns `true` if the whole of `key` is this name.
    fn is(&self, key: &[u8]) -> bool {
        let parts = key.iter().filter(|&&byte| is_part(byte)).map(u8::to_ascii_lowercase);
        self.kind != Kind::Exception && parts.eq(self.letters.iter().copied())
    }
}

impl Found<'_> {
    /// Returns `true` if what follows leaves it secret.
    fn is_secret(&self, key: &[u8]) -> bool {
        let mut following = words(key, self.end);
        match self.name.kind {
            Kind::Exception => false,
            Kind::Last => following.all(|word| {
                word.iter().all(u8::is_ascii_digit) || contains(secret::CARRIERS, word)
            }),
            Kind::Secret => {
                // In `passwordlength` the harmless word is the rest of the same one.
                let rest = if ends_word(key, self.end) { None } else { following.next() };
                let is_harmless = |rest: &[u8]| {
                    secret::HARMLESS.iter().any(|word| {
                        let start = rest.get(..word.len()).unwrap_or_default();
                        start.eq_ignore_ascii_case(word.as_bytes())
                    })
                };
                !rest.is_some_and(is_harmless)
                    && !following.any(|word| contains(secret::HARMLESS, word))
            }
        }
    }
}

/// The words of `key` from `at` on, the first of which may be the rest of one.
fn words(key: &[u8], at: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = at..key.len();
    std::iter::from_fn(move || {
        let start = rest.by_ref().find(|&at| is_part(key[at]))?;
        let ends = |at: &usize| !is_part(key[*at]) || begins_word(key, *at);
        let end = (start + 1..key.len()).find(ends).unwrap_or(key.len());
        rest.start = end;
        Some(&key[start..end])
    })
}

/// Returns `true` if `word` is in the list, or is without the digits at its end.
fn contains(list: &[&str], word: &[u8]) -> bool {
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let unnumbered = &word[..word.len() - digits];
    let is_it = |listed: &&str| {
        let listed = listed.as_bytes();
        listed.eq_ignore_ascii_case(word) || listed.eq_ignore_ascii_case(unnumbered)
    };
    list.iter().any(is_it)
}

fn letters(name: &str) -> Vec<u8> {
    name.bytes().filter(|&byte| is_part(byte)).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// Whether a word begins here: behind a separator or a digit, or as in `dbPassword` and `HTTPCookie`.
fn begins_word(key: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| key[before]) else {
        return true;
    };
    let starts_capitalized = || {
        let is_lower = |at: usize| key.get(at).is_some_and(u8::is_ascii_lowercase);
        key[at].is_ascii_uppercase() && (!before.is_ascii_uppercase() || is_lower(at + 1))
    };
    !is_part(before) || before.is_ascii_digit() && !key[at].is_ascii_digit() || starts_capitalized()
}

/// Whether a word, or its letters, end here.
fn ends_word(key: &[u8], at: usize) -> bool {
    match key.get(at) {
        Some(&byte) => !is_part(byte) || byte.is_ascii_digit() || begins_word(key, at),
        None => true,
    }
}

/// Whether this byte belongs to a word.
const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// What each byte is in a key: the slot of a letter, and these.
const CLASS: [u16; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < class.len() {
        let letter = byte as u8;
        let upper = if letter.is_ascii_uppercase() { UPPER } else { 0 };
        let digit = if letter.is_ascii_digit() { DIGIT } else { 0 };
        let part = if is_part(letter) { PART } else { 0 };
        class[byte] = slot(letter) as u16 | upper | digit | part;
        byte += 1;
    }
    class
};
const SLOT: u16 = SLOTS as u16 - 1;
const UPPER: u16 = 1 << 8;
const DIGIT: u16 = 1 << 9;
const PART: u16 = 1 << 10;

/// The first letters of names: at most places of a key stand others.
#[derive(Clone)]
struct Gate {
    /// The first two of the names that begin a word, and of those that may begin inside one.
    begins: [u64; SLOTS],
    inside: [u64; SLOTS],
    /// The second and the third of all.
    thirds: [u64; SLOTS],
}

impl Default for Gate {
    fn default() -> Self {
        let none = [0; SLOTS];
        Self { begins: none, inside: none, thirds: none }
    }
}

impl Gate {
    fn admit(&mut self, name: &Name) {
        // What is behind the end of a name may be anything.
        let bit = |at: usize| name.letters.get(at).map_or(u64::MAX, |&letter| 1 << slot(letter));
        let first = slot(name.letters[0]);
        self.begins[first] |= bit(1);
        if name.place != Place::Whole {
            self.inside[first] |= bit(1);
        }
        match name.letters.get(1) {
            Some(&second) => self.thirds[slot(second)] |= bit(2),
            None => self.thirds = [u64::MAX; SLOTS],
        }
    }

    /// Returns `true` if there may be a name that begins with these letters, the first of which may be inside a word.
    #[inline]
    fn lets_in(&self, (first, is_inside): (u16, u16), second: u16, third: u16) -> bool {
        let [first, second] = [first, second].map(|slot| usize::from(slot & SLOT));
        let pairs = if is_inside == 0 { self.begins[first] } else { self.inside[first] };
        pairs >> second & self.thirds[second] >> (third & SLOT) & 1 == 1
    }
}

const SLOTS: usize = 64;

/// A number below [`SLOTS`], the same for a letter of either case.
const fn slot(letter: u8) -> usize {
    (letter.to_ascii_lowercase() & 63) as usize
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self
            .names
            .iter()
            .map(|name| (String::from_utf8_lossy(&name.letters), name.kind != Kind::Exception));
        f.debug_map().entries(names).finish()
    }
}
