//! Values and attributes as OTLP has them: each value says of what kind it is.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::super::object::Object;
use crate::payload::json;

const KEY: &str = "key";
const VALUE: &str = "value";
const VALUES: &str = "values";
const STRING: &str = "stringValue";
const BOOL: &str = "boolValue";
const INT: &str = "intValue";
const DOUBLE: &str = "doubleValue";
const ARRAY: &str = "arrayValue";
const KVLIST: &str = "kvlistValue";

/// How many lists and objects stand one inside the other as structure. Each is four levels of JSON, and readers give up
/// at about a hundred.
const DEPTH: usize = 20;

/// A list of keys and values that is being written.
pub(super) struct KeyValues<'a> {
    to: &'a mut Vec<u8>,
    is_empty: bool,
}

impl KeyValues<'_> {
    /// Appends a list of what `fill` gives it.
    pub(super) fn push(to: &mut Vec<u8>, fill: impl FnOnce(&mut KeyValues<'_>)) {
        to.push(b'[');
        fill(&mut KeyValues { to: &mut *to, is_empty: true });
        to.push(b']');
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.pair(key, |to| push_text(to, text));
    }

    pub(super) fn value(&mut self, key: &str, value: &Value) {
        self.pair(key, |to| push_value(to, value, DEPTH));
    }

    /// An object of these members, each once.
    pub(super) fn members<'v>(
        &mut self,
        key: &str,
        members: impl Iterator<Item = (&'v str, Cow<'v, Value>)>,
    ) {
        self.pair(key, |to| push_members(to, members, DEPTH - 1));
    }

    fn pair(&mut self, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
        if !std::mem::take(&mut self.is_empty) {
            self.to.push(b',');
        }
        Object::push(self.to, |pair| {
            pair.text(KEY, key);
            pair.member(VALUE, value);
        });
    }
}

pub(super) fn push_text(to: &mut Vec<u8>, text: &str) {
    Object::push(to, |value| value.text(STRING, text));
}

/// Appends a value, in which at most `depth` lists and objects stand one inside the other.
fn push_value(to: &mut Vec<u8>, value: &Value, depth: usize) {
    match value {
        Value::Null => to.extend_from_slice(b"{}"),
        Value::Bool(truth) => Object::push(to, |value| value.truth(BOOL, *truth)),
        Value::Number(number) => push_number(to, number),
        Value::String(text) => push_text(to, text),
        Value::Array(_) | Value::Object(_) if depth == 0 => {
            let mut text = Vec::new();
            json::push_value(&mut text, value);
            push_text(to, &String::from_utf8_lossy(&text));
        }
        Value::Array(items) => push_items(to, items, depth - 1),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.as_str(), Cow::Borrowed(value)));
            push_members(to, members, depth - 1);
        }
    }
}

/// An integer is a text of its digits, and beyond the range of `i64`, as in the native format, a text.
fn push_number(to: &mut Vec<u8>, number: &Number) {
    Object::push(to, |value| match (number.as_i64(), number.as_u64()) {
        (Some(number), _) => value.shown(INT, number),
        (None, Some(number)) => value.shown(STRING, number),
        (None, None) => value.value(DOUBLE, &Value::Number(number.clone())),
    });
}

fn push_items(to: &mut Vec<u8>, items: &[Value], depth: usize) {
    Object::push(to, |value| {
        value.object(ARRAY, |list| {
            list.member(VALUES, |to| {
                to.push(b'[');
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        to.push(b',');
                    }
                    push_value(to, item, depth);
                }
                to.push(b']');
            });
        });
    });
}

fn push_members<'v>(
    to: &mut Vec<u8>,
    members: impl Iterator<Item = (&'v str, Cow<'v, Value>)>,
    depth: usize,
) {
    Object::push(to, |value| {
        value.object(KVLIST, |list| {
            list.member(VALUES, |to| {
                KeyValues::push(to, |list| {
                    for (key, value) in members {
                        list.pair(key, |to| push_value(to, &value, depth));
                    }
                });
            });
        });
    });
}
