//! Keys whose values are secret.

use std::fmt;

use crate::convention::secret;

/// The names of secret keys, and of exceptions from them.
///
/// A key matches a name that it ends with, words for words. Both are compared from their ends, in ASCII lower case
/// and without what separates words, so that no key has to be taken apart.
#[derive(Clone, Default)]
pub(super) struct Keys {
    names: Vec<Name>,
    gate: Gate,
}

#[derive(Clone, Debug)]
struct Name {
    /// Lower case, without separators.
    letters: Vec<u8>,
    /// Whether it may also be the end of a longer word.
    ends_words: bool,
    secret: bool,
}

impl Keys {
    pub(super) fn standard() -> Self {
        let mut keys = Self::default();
        for name in secret::KEYS {
            keys.set(name, true);
        }
        for name in &mut keys.names {
            name.ends_words = secret::WORDS.iter().any(|word| word.as_bytes() == name.letters);
        }
        keys
    }

    /// Says whether the keys that `name` matches are secret.
    pub(super) fn set(&mut self, name: &str, secret: bool) {
        let letters: Vec<u8> =
            name.bytes().filter(|&byte| is_part(byte)).map(|b| b.to_ascii_lowercase()).collect();
        if let Some(known) = self.names.iter_mut().find(|known| known.letters == letters) {
            known.secret = secret;
        } else if !letters.is_empty() {
            self.gate.admit(&letters);
            self.names.push(Name { letters, ends_words: false, secret });
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        let key = key.as_bytes();
        let unnumbered = || {
            // Digits at the end only number what is before them.
            let last = key.iter().rposition(|&byte| is_part(byte) && !byte.is_ascii_digit())?;
            if last + 1 < key.len() { self.decide(&key[..=last]) } else { None }
        };
        self.decide(key).or_else(unnumbered).unwrap_or(false)
    }

    /// What the longest of the names that match says.
    fn decide(&self, key: &[u8]) -> Option<bool> {
        if !self.gate.may_match(key) {
            return None;
        }
        let matching = self.names.iter().filter(|name| name.matches(key));
        matching.max_by_key(|name| name.letters.len()).map(|name| name.secret)
    }
}

impl Name {
    fn matches(&self, key: &[u8]) -> bool {
        let mut at = key.len();
        for &letter in self.letters.iter().rev() {
            match key[..at].iter().rposition(|&byte| is_part(byte)) {
                Some(last) if key[last].to_ascii_lowercase() == letter => at = last,
                _ => return false,
            }
        }
        self.ends_words || begins_word(key, at)
    }
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
    !is_part(before) || before.is_ascii_digit() || starts_capitalized()
}

/// Whether this byte belongs to a word.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// The last two letters of every name: most keys end otherwise, and need not be compared with all of them.
#[derive(Clone)]
struct Gate([u64; 64]);

impl Default for Gate {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Gate {
    fn admit(&mut self, letters: &[u8]) {
        match *letters {
            [.., before, last] => self.0[Self::slot(last)] |= 1 << Self::slot(before),
            [last] => self.0[Self::slot(last)] = u64::MAX,
            [] => {}
        }
    }

    fn may_match(&self, key: &[u8]) -> bool {
        let mut letters = key.iter().rev().filter(|&&byte| is_part(byte)).map(|&b| Self::slot(b));
        let Some(last) = letters.next() else {
            return false;
        };
        // A key of one letter is let in by whatever lets in all.
        let before = letters.next().unwrap_or_default();
        self.0[last] >> before & 1 == 1
    }

    fn slot(letter: u8) -> usize {
        usize::from(letter.to_ascii_lowercase() & 63)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names =
            self.names.iter().map(|name| (String::from_utf8_lossy(&name.letters), name.secret));
        f.debug_map().entries(names).finish()
    }
}
