//! Maps and structs.

pub(super) mod raw;

use std::io::Write as _;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct, SerializeStructVariant};

use super::key::{About, Key};
use super::number::Number;
use super::{Failed, Member, Output, Variant, Watch};
use crate::convention::mark;
use crate::payload::json;
use crate::payload::redact::Named;

/// An object that is being written.
pub(super) struct Object<'o, 'a> {
    out: &'o mut Output<'a>,
    /// Whether it is open, rather than nested too deep.
    shown: bool,
    /// Whether it is what a variant holds, inside an object of its own.
    variant: bool,
    /// Where its members begin in [`Output::members`].
    first: usize,
    /// How many members there is room for.
    room: usize,
    more: usize,
    pending: Pending,
    /// What the key says that a value is to come for.
    named: Named,
    /// Whether a member named a secret, which the other members may hold.
    names_secret: bool,
}

/// The key that a value is still to come for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pending {
    Nothing,
    Written,
    /// And a mark is to stand for the value.
    WrittenOfSecret,
    Skipped,
}

impl<'o, 'a> Object<'o, 'a> {
    pub(super) fn open(out: &'o mut Output<'a>) -> Self {
        let shown = out.open(b'{', mark::OBJECT);
        Self::new(out, shown, false)
    }

    /// Begins an object with room for any number of members.
    pub(super) fn open_for_all(out: &'o mut Output<'a>) -> Self {
        Self { room: usize::MAX, ..Self::open(out) }
    }

    pub(super) fn open_variant(out: &'o mut Output<'a>, variant: &str) -> Self {
        let opened = out.open_variant(variant);
        let shown = opened == Variant::Open && out.open(b'{', mark::OBJECT);
        Self::new(out, shown, opened != Variant::Skipped)
    }

    fn new(out: &'o mut Output<'a>, shown: bool, variant: bool) -> Self {
        Self {
            first: out.members.len(),
            room: out.rules.limits.items,
            out,
            shown,
            variant,
            more: 0,
            pending: Pending::Nothing,
            named: Named::default(),
            names_secret: false,
        }
    }

    pub(super) fn collect<K, V, I>(mut self, members: I) -> Result<(), Failed>
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        if self.shown {
            let mut members = members.into_iter().fuse();
            while self.has_room() {
                let Some((key, value)) = members.next() else {
                    break;
                };
                self.serialize_entry(&key, &value)?;
            }
            self.more = members.count();
        }
        self.close()
    }

    fn has_room(&self) -> bool {
        self.out.members.len() - self.first < self.room
    }

    /// Writes a key if there is room for its member, and notes in either case that a value is to come. `write` returns
    /// what the key says of that.
    pub(super) fn push_key(
        &mut self,
        write: impl FnOnce(&mut Output<'a>) -> About,
    ) -> Result<(), Failed> {
        if self.pending != Pending::Nothing {
            return Err(Failed);
        }
        self.pending = Pending::Skipped;
        if self.shown {
            if self.has_room() {
                let mut about = About::default();
                self.add_key(|out| {
                    about = write(out);
                    Ok(())
                })?;
                self.named = about.named;
                if let Some(member) = self.out.members.last_mut() {
                    member.holds = about.named.holds;
                }
                let is_secret = about.is_secret || about.named.holds && self.names_secret;
                self.pending = if is_secret { Pending::WrittenOfSecret } else { Pending::Written };
            } else {
                self.more = self.more.saturating_add(1);
            }
        }
        Ok(())
    }

    /// Writes a key, in the place of an earlier member that has it; says whether there was one.
    fn add_key(
        &mut self,
        write: impl FnOnce(&mut Output<'a>) -> Result<(), Failed>,
    ) -> Result<bool, Failed> {
        let newest = self.out.members.len();
        if newest > self.first {
            self.out.to.push(b',');
        }
        let start = self.out.to.len();
        self.out.attempt(write)?;
        let member = Member { start, key_end: self.out.to.len(), holds: false };
        let twin = self.out.members[self.first..]
            .iter()
            .position(|earlier| self.out.key(earlier) == self.out.key(&member));
        self.out.members.push(member);
        if let Some(twin) = twin {
            self.out.remove_member(self.first + twin);
        }
        self.out.to.push(b':');
        Ok(twin.is_some())
    }

    fn push_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push_value_by(|out| out.push(value)).map(drop)
    }

    /// Writes the value of the last key with `push`, and returns `false` where that is not to be called: there is no room
    /// for the value, or it is secret.
    pub(super) fn push_value_by(
        &mut self,
        push: impl FnOnce(&mut Output<'a>) -> Result<(), Failed>,
    ) -> Result<bool, Failed> {
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => return Err(Failed),
            Pending::Skipped => return Ok(false),
            Pending::Written if !self.named.names => push(self.out)?,
            Pending::Written => {
                if self.out.push_watched(Watch::Names, push)? {
                    self.redact_held();
                }
            }
            Pending::WrittenOfSecret => {
                self.out.rules.redaction.push_mark(self.out.to);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The member that was just written names a secret: marks the members before it that may hold it, as those behind it
    /// will be.
    fn redact_held(&mut self) {
        if std::mem::replace(&mut self.names_secret, true) {
            return;
        }
        // The last is the one that names it.
        for index in self.first..self.out.members.len() - 1 {
            if self.out.members[index].holds {
                self.out.redact_member(index);
            }
        }
    }

    fn push_field<T>(&mut self, key: &'static str, value: &T) -> Result<(), Failed>
    where
        T: Serialize + ?Sized,
    {
        self.push_key(|out| {
            out.push_name(key);
            About::of(key, &out.rules.redaction)
        })?;
        self.push_value(value)
    }

    pub(super) fn close(mut self) -> Result<(), Failed> {
        if self.pending != Pending::Nothing {
            return Err(Failed);
        }
        if self.shown {
            if self.more > 0 {
                self.push_more()?;
            }
            self.out.members.truncate(self.first);
            self.out.close(b'}');
        }
        if self.variant {
            self.out.close_variant();
        }
        Ok(())
    }

    fn push_more(&mut self) -> Result<(), Failed> {
        let replaced = self.add_key(|out| {
            json::push_string(out.to, mark::MORE_KEY);
            Ok(())
        })?;
        let more = self.more.saturating_add(usize::from(replaced));
        // Writing to a `Vec` cannot fail.
        let _ = write!(self.out.to, "\"{more} more keys\"");
        Ok(())
    }
}

impl SerializeMap for Object<'_, '_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        self.push_key(|out| {
            let start = out.to.len();
            let mut about = About::default();
            if key.serialize(Key::new(out, &mut about)).is_err() {
                out.to.truncate(start);
                json::push_string(out.to, mark::UNPRINTABLE);
            }
            about
        })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push_value(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close()
    }
}

impl SerializeStructVariant for Object<'_, '_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        self.push_field(key, value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close()
    }
}

/// What announces itself as a struct.
pub(super) enum Struct<'o, 'a> {
    Object(Object<'o, 'a>),
    Number(Number<'o, 'a>),
    /// JSON that comes as a text.
    Raw(&'o mut Output<'a>),
}

impl SerializeStruct for Struct<'_, '_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        match self {
            Self::Object(object) => object.push_field(key, value),
            Self::Number(number) => number.push(value),
            Self::Raw(out) => raw::push_field(out, value),
        }
    }

    fn end(self) -> Result<(), Failed> {
        match self {
            Self::Object(object) => object.close(),
            Self::Number(number) => number.close(),
            Self::Raw(_) => Ok(()),
        }
    }
}
