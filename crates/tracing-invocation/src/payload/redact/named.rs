//! Secrets that are told by a text beside them: `["authorization", ".."]`, `{"name": "authorization", "value": ".."}`.

use serde_json::{Map, Value};

use super::Keys;
use crate::convention::secret;

/// What the key of a member says of the members beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::payload) struct Named {
    /// Its text says what another member is.
    pub(in crate::payload) names: bool,
    /// Its value is what another member names.
    pub(in crate::payload) holds: bool,
}

/// Bytes that the name of a secret has at the most, and how many spaces.
pub(in crate::payload) const LONGEST_NAME: usize = 64;
const MOST_SPACES: usize = 1;

/// The first letters of the keys that say something, by the length of the key.
const FIRST_LETTERS: [u32; 16] = {
    let mut letters = [0; 16];
    let mut lists = [secret::NAMING, secret::HOLDING].as_slice();
    while let [list, rest @ ..] = lists {
        let mut keys = *list;
        while let [key, rest @ ..] = keys {
            letters[key.len()] |= 1 << (key.as_bytes()[0] & 31);
            keys = rest;
        }
        lists = rest;
    }
    letters
};

impl Named {
    pub(in crate::payload) fn by(key: &str) -> Self {
        let first = key.as_bytes().first().map_or(0, |first| first & 31);
        let is_any = FIRST_LETTERS.get(key.len()).is_some_and(|letters| letters >> first & 1 == 1);
        let is_in = |list: &[&str]| list.iter().any(|listed| listed.eq_ignore_ascii_case(key));
        Self { names: is_any && is_in(secret::NAMING), holds: is_any && is_in(secret::HOLDING) }
    }

    /// Returns `true` if `text` is the name of a secret, and no sentence about one.
    pub(super) fn is_secret(keys: &Keys, text: &str) -> bool {
        text.len() <= LONGEST_NAME
            && text.bytes().filter(u8::is_ascii_whitespace).count() <= MOST_SPACES
            && keys.has(text)
    }

    /// Returns `true` if a member of this object has the name of a secret as its text.
    pub(super) fn names_secret(keys: &Keys, members: &Map<String, Value>) -> bool {
        members.iter().any(|(key, value)| {
            Self::by(key).names && value.as_str().is_some_and(|text| Self::is_secret(keys, text))
        })
    }
}
