//! JSON objects, member by member, straight into a buffer.

use std::fmt::Display;

use serde_json::Value;

use crate::clock;
use crate::payload::json;
use crate::record::Record;

/// An object that is being written. Its members stand in the order in which they come.
pub(super) struct Object<'a> {
    to: &'a mut Vec<u8>,
    is_empty: bool,
}

impl Object<'_> {
    /// Appends an object of the members that `fill` gives it.
    pub(super) fn push(to: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        to.push(b'{');
        fill(&mut Object { to: &mut *to, is_empty: true });
        to.push(b'}');
    }

    /// Appends an object and a newline: a line.
    pub(super) fn push_line(to: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        Self::push(to, fill);
        to.push(b'\n');
    }

    /// A member whose value `push` appends.
    pub(super) fn member(&mut self, key: &str, push: impl FnOnce(&mut Vec<u8>)) {
        if !std::mem::take(&mut self.is_empty) {
            self.to.push(b',');
        }
        json::push_string(self.to, key);
        self.to.push(b':');
        push(self.to);
    }

    pub(super) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.member(key, |to| Object::push(to, fill));
    }

    /// A list of one object.
    pub(super) fn only(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.member(key, |to| {
            to.push(b'[');
            Object::push(to, fill);
            to.push(b']');
        });
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.member(key, |to| json::push_string(to, text));
    }

    /// A text that is shown first, such as an id.
    pub(super) fn shown(&mut self, key: &str, value: impl Display) {
        self.text(key, &value.to_string());
    }

    /// A number, or the text of its digits where it is beyond the range of `i64`.
    pub(super) fn integer(&mut self, key: &str, number: u64) {
        self.member(key, |to| json::push_u64(to, number));
    }

    pub(super) fn truth(&mut self, key: &str, truth: bool) {
        self.member(key, |to| json::push_bool(to, truth));
    }

    pub(super) fn value(&mut self, key: &str, value: &Value) {
        self.member(key, |to| json::push_value(to, value));
    }

    /// When the record was made, as in the native format.
    pub(super) fn time(&mut self, key: &str, record: &Record) {
        self.member(key, |to| {
            to.push(b'"');
            clock::push_timestamp(to, clock::micros_since_epoch(record.timestamp));
            to.push(b'"');
        });
    }
}
