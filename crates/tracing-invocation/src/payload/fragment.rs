//! Members of a JSON object, ready to be copied into a line.

use std::cell::RefCell;
use std::mem;

use super::{Redaction, json};

/// The members of a JSON object without its braces: `"a":1,"b":"x"`.
///
/// Its memory comes from other fragments that were dropped on the same thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragment {
    bytes: Vec<u8>,
}

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Buffers that a thread keeps, and what each may hold on to.
const KEPT: (usize, usize) = (64, 1_024);

impl Fragment {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the members: their keys with the colon, and their values.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        Members(&self.bytes)
    }

    /// The keys of its members, with their colons.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        Members(&self.bytes).map(|(key, _)| key)
    }

    /// Whether there is a member of this name, which needs no escapes.
    pub(crate) fn has(&self, name: &str) -> bool {
        let quoted = |key: &[u8]| {
            key.strip_prefix(b"\"")?.strip_suffix(b"\":").map(|key| key == name.as_bytes())
        };
        Members(&self.bytes).any(|(key, _)| quoted(key) == Some(true))
    }

    /// Appends a member whose key, colon included, is not there yet.
    #[inline]
    pub(crate) fn push(&mut self, key: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
        if self.bytes.is_empty() {
            self.take_memory();
        } else {
            self.bytes.push(b',');
        }
        self.bytes.extend_from_slice(key);
        value(&mut self.bytes);
    }

    fn take_memory(&mut self) {
        if self.bytes.capacity() == 0 {
            let spare = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten();
            self.bytes = spare.unwrap_or_default();
        }
    }

    /// Appends a member, in the place of an earlier one with the same key.
    pub(crate) fn set(&mut self, key: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
        self.remove(key);
        self.push(key, value);
    }

    /// The members with what is secret redacted.
    pub(crate) fn redacted(&self, redaction: &Redaction) -> Self {
        let mut redacted = Self::default();
        for (key, value) in Members(&self.bytes) {
            redacted.push(key, |to| match serde_json::from_slice(value) {
                Ok(mut parsed) => {
                    redaction.redact_value(&mut parsed);
                    json::push_value(to, &parsed);
                }
                Err(_) => to.extend_from_slice(value),
            });
        }
        redacted
    }

    /// Takes over the members of `newer`, each in the place of an earlier one with the same key.
    pub(crate) fn update(&mut self, newer: &Self) {
        for (key, value) in Members(&newer.bytes) {
            self.set(key, |to| to.extend_from_slice(value));
        }
    }

    /// Removes the member with this key, if there is one.
    pub(crate) fn remove(&mut self, key: &[u8]) {
        let mut start = 0;
        for (found, value) in Members(&self.bytes) {
            let end = start + found.len() + value.len();
            if found == key {
                // One of the two commas beside the member goes with it.
                let last = end == self.bytes.len();
                let range = if last { start.saturating_sub(1)..end } else { start..end + 1 };
                self.bytes.drain(range);
                return;
            }
            start = end + 1;
        }
    }
}

impl Drop for Fragment {
    fn drop(&mut self) {
        let mut bytes = mem::take(&mut self.bytes);
        if !(1..=KEPT.1).contains(&bytes.capacity()) {
            return;
        }
        // A thread that is ending keeps nothing.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < KEPT.0 {
                bytes.clear();
                spare.push(bytes);
            }
        });
    }
}

/// Walks over members: their keys with the colon, and their values. Relies on the text being our own.
struct Members<'a>(&'a [u8]);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let key_end = string_end(self.0) + 1;
        let (key, rest) = self.0.split_at_checked(key_end)?;
        let (value, rest) = rest.split_at_checked(value_end(rest))?;
        self.0 = rest.get(1..).unwrap_or_default();
        Some((key, value))
    }
}

/// Where the text that begins `json` ends.
fn string_end(json: &[u8]) -> usize {
    let mut at = 1;
    while at < json.len() && json[at] != b'"' {
        at += if json[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// Where the value that begins `json` ends: at a comma outside every text and bracket, or at the end.
fn value_end(json: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < json.len() {
        match json[at] {
            b'"' => {
                at += string_end(&json[at..]);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            r#"[a",:\\{}\[\]\n]{0,6}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(r#"[a",:\\}]{0,3}"#, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn setting_agrees_with_a_map(steps in prop::collection::vec((r#"[ab",:\\}]{0,2}"#, value()), 0..20)) {
            let mut fragment = Fragment::default();
            let mut model = Map::new();
            for (key, value) in steps {
                let text = format!("{}:", Value::from(key.clone()));
                fragment.set(text.as_bytes(), |to| to.extend_from_slice(value.to_string().as_bytes()));
                model.insert(key, value);
            }
            let json = format!("{{{}}}", String::from_utf8(fragment.bytes.clone()).unwrap());
            let read: Map<String, Value> = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read, model);
        }
    }
}
