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
use serde_json::{Map, Value};

use super::{Limits, Rules, json, text};
use crate::convention::mark;

/// Appends `value` as exactly one JSON value.
///
/// A value that fails or panics leaves [`mark::UNPRINTABLE`], as does one that passes over the failure of a part
/// of itself: what such a part left behind is not known to be whole.
pub(crate) fn push_serialized<T>(to: &mut Vec<u8>, value: &T, rules: &Rules)
where
    T: Serialize + ?Sized,
{
    push_by(to, rules, rules.limits.depth, |out| out.push(value));
}

/// Appends the value that `json` is the text of, in the same way.
pub(crate) fn push_json(to: &mut Vec<u8>, json: &[u8], rules: &Rules) {
    push_by(to, rules, rules.limits.depth, |out| object::raw::push(out, json));
}

/// Appends an object of all of these members, each within the limits of a value of its own.
pub(crate) fn push_members(to: &mut Vec<u8>, members: &Map<String, Value>, rules: &Rules) {
    let depth = rules.limits.depth.saturating_add(1);
    push_by(to, rules, depth, |out| {
        out.attempt(|out| object::Object::open_for_all(out).collect(members))
    });
}

fn push_by(
    to: &mut Vec<u8>,
    rules: &Rules,
    depth: usize,
    write: impl FnOnce(&mut Output<'_>) -> Result<(), Failed>,
) {
    let start = to.len();
    let max_depth = depth.min(Limits::MAX_DEPTH);
    let mut out = Output {
        to,
        rules,
        max_depth,
        depth: 0,
        unfinished: 0,
        members: Vec::new(),
        watch: Watch::Nothing,
    };
    let written = text::fenced(|| match write(&mut out) {
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
    /// How many lists and objects may be open.
    max_depth: usize,
    /// How many lists and objects are open.
    depth: usize,
    /// How many parts were begun and have not succeeded. More than none at the end means that one was given up.
    unfinished: usize,
    /// The members of every open object, the innermost object's last. One stack, so that an object costs no
    /// allocation of its own.
    members: Vec<Member>,
    watch: Watch,
}

/// What the text that is written next may say of the value beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    Nothing,
    /// It names a secret if it is an option that does, as in `["--password", ".."]`.
    Options,
    /// It names a secret if it is the name of one.
    Names,
    /// It named a secret.
    Found,
}

/// What becomes of what a variant holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    /// Its object is nested too deep.
    Skipped,
    /// A mark stands for it.
    Secret,
    /// It is to be written.
    Open,
}

/// Where a member stands in the buffer.
struct Member {
    start: usize,
    key_end: usize,
    /// Whether its value is secret where another member names a secret.
    holds: bool,
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

    /// Appends a value, and returns `true` if it is a text that names a secret.
    fn push_watched(
        &mut self,
        watch: Watch,
        push: impl FnOnce(&mut Self) -> Result<(), Failed>,
    ) -> Result<bool, Failed> {
        self.watch = watch;
        push(self)?;
        Ok(std::mem::replace(&mut self.watch, Watch::Nothing) == Watch::Found)
    }

    /// Looks at a text for what it says of the value beside it.
    fn look_at(&mut self, text: &str) {
        let may_name = match self.watch {
            Watch::Names => true,
            Watch::Options => text.starts_with('-'),
            Watch::Nothing | Watch::Found => false,
        };
        if may_name && self.rules.redaction.names_secret(text) {
            self.watch = Watch::Found;
        }
    }

    fn push_text(&mut self, text: &str) {
        self.look_at(text);
        text::push_str(self.to, text, self.rules.limits.text, &self.rules.redaction);
    }

    /// Appends the name of a field or of a variant, which the code gives and which holds no secret.
    fn push_name(&mut self, name: &str) {
        text::push_name(self.to, name, self.rules.limits.text);
    }

    /// Begins a list or an object; where it is nested too deep, `mark` stands for it and nothing is open.
    fn open(&mut self, bracket: u8, mark: &str) -> bool {
        self.watch = Watch::Nothing;
        let open = self.depth < self.max_depth;
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

    /// Begins the object whose one member is what a variant holds, and says what is to become of that.
    fn open_variant(&mut self, variant: &str) -> Variant {
        if !self.open(b'{', mark::OBJECT) {
            return Variant::Skipped;
        }
        self.push_name(variant);
        self.to.push(b':');
        if self.rules.redaction.is_secret_key(variant) {
            self.rules.redaction.push_mark(self.to);
            return Variant::Secret;
        }
        Variant::Open
    }

    fn close_variant(&mut self) {
        self.close(b'}');
    }

    fn key(&self, member: &Member) -> &[u8] {
        &self.to[member.start..member.key_end]
    }

    /// Puts the mark of a secret in the place of the value of the member at `index`.
    fn redact_member(&mut self, index: usize) {
        let start = self.members[index].key_end + 1;
        let next = self.members.get(index + 1);
        let end = next.map_or(self.to.len(), |next| next.start - 1);
        let mut mark = Vec::new();
        self.rules.redaction.push_mark(&mut mark);
        let length = mark.len();
        self.to.splice(start..end, mark);
        for member in &mut self.members[index + 1..] {
            member.start = member.start + length - (end - start);
            member.key_end = member.key_end + length - (end - start);
        }
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
