//! Values of `Serialize` types as JSON of limited size, straight into a buffer.
//!
//! What is written has the shape that `serde_json` gives a value, except where a limit cuts it, visibly. What lies
//! beyond a limit is counted, never serialized. [`value`] decides what a value becomes, [`list`] and [`object`]
//! write what holds others, and [`key`] turns what names a member into a text.

mod key;
mod list;
mod number;
mod object;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::{Rules, json, text};
use crate::convention::mark;

/// Appends `value` as exactly one JSON value.
///
/// A value that fails or panics leaves [`mark::UNPRINTABLE`], as does one that passes over the failure of a part
/// of itself: what such a part left behind is not known to be whole.
pub(crate) fn push_serialized<T>(to: &mut Vec<u8>, value: &T, rules: &Rules)
where
    T: Serialize + ?Sized,
{
    let start = to.len();
    let mut out = Output { to, rules, depth: 0, unfinished: 0, members: Vec::new() };
    let written = text::fenced(|| match out.push(value) {
        Ok(()) if out.unfinished == 0 => Ok(()),
        Ok(()) | Err(Failed) => Err(()),
    });
    if let Err(mark) = written {
        to.truncate(start);
        json::push_string(to, mark);
    }
}

/// Where a value is written, and how much of it may still be.
struct Output<'a> {
    to: &'a mut Vec<u8>,
    rules: &'a Rules,
    /// How many lists and objects are open.
    depth: usize,
    /// How many parts were begun and have not succeeded. More than none at the end means that one was given up.
    unfinished: usize,
    /// The members of every open object, the innermost object's last. One stack, so that an object costs no
    /// allocation of its own.
    members: Vec<Member>,
}

/// Where a member stands in the buffer.
struct Member {
    start: usize,
    key_end: usize,
}

impl Output<'_> {
    /// Appends a value, within whatever is open.
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.attempt(|out| value.serialize(out))
    }

    fn attempt(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        self.unfinished += 1;
        write(self)?;
        self.unfinished -= 1;
        Ok(())
    }

    fn push_text(&mut self, text: &str) {
        text::push_str(self.to, text, self.rules.limits.text);
    }

    /// Begins a list or an object; where it is nested too deep, `mark` stands for it and nothing is open.
    fn open(&mut self, bracket: u8, mark: &str) -> bool {
        let open = self.depth < self.rules.limits.depth;
        if open {
            self.depth += 1;
            self.to.push(bracket);
        } else {
            json::push_string(self.to, mark);
        }
        open
    }

    fn close(&mut self, bracket: u8) {
        self.depth -= 1;
        self.to.push(bracket);
    }

    /// Begins the object whose one member is what a variant holds.
    fn open_variant(&mut self, variant: &str) -> bool {
        let open = self.open(b'{', mark::OBJECT);
        if open {
            self.push_text(variant);
            self.to.push(b':');
        }
        open
    }

    fn close_variant(&mut self) {
        self.close(b'}');
    }

    fn key(&self, member: &Member) -> &[u8] {
        &self.to[member.start..member.key_end]
    }

    /// Takes out the member at `index`, which another follows, and the comma between them.
    fn remove_member(&mut self, index: usize) {
        let Range { start, end } = self.members[index].start..self.members[index + 1].start;
        self.to.drain(start..end);
        self.members.remove(index);
        for member in &mut self.members[index..] {
            member.start -= end - start;
            member.key_end -= end - start;
        }
    }
}

/// A value could not be written. Why is never shown, so it is not kept.
#[derive(Debug)]
struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value cannot be written")
    }
}

impl std::error::Error for Failed {}

impl serde::ser::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
