//! Maps and structs.

use std::io::Write as _;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct, SerializeStructVariant};

use super::key::Key;
use super::number::Number;
use super::{Failed, Member, Output};
use crate::convention::mark;
use crate::payload::json;

/// An object that is being written.
pub(super) struct Object<'o, 'a> {
    out: &'o mut Output<'a>,
    /// Whether it is open, rather than nested too deep.
    shown: bool,
    /// Whether it is what a variant holds, inside an object of its own.
    variant: bool,
    /// Where its members begin in [`Output::members`].
    first: usize,
    more: usize,
    pending: Pending,
}

/// The key that a value is still to come for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pending {
    Nothing,
    Written,
    Skipped,
}

impl<'o, 'a> Object<'o, 'a> {
    pub(super) fn open(out: &'o mut Output<'a>) -> Self {
        let shown = out.open(b'{', mark::OBJECT);
        Self::new(out, shown, false)
    }

    pub(super) fn open_variant(out: &'o mut Output<'a>, variant: &str) -> Self {
        let outer = out.open_variant(variant);
        let shown = outer && out.open(b'{', mark::OBJECT);
        Self::new(out, shown, outer)
    }

    fn new(out: &'o mut Output<'a>, shown: bool, variant: bool) -> Self {
        Self { first: out.members.len(), out, shown, variant, more: 0, pending: Pending::Nothing }
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
        self.out.members.len() - self.first < self.out.rules.limits.items
    }

    /// Writes a key if there is room for its member, and says in either case that a value is to come.
    fn push_key(
        &mut self,
        write: impl FnOnce(&mut Output<'a>) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        if self.pending != Pending::Nothing {
            return Err(Failed);
        }
        self.pending = Pending::Skipped;
        if self.shown {
            if self.has_room() {
                self.add_key(write)?;
                self.pending = Pending::Written;
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
        let member = Member { start, key_end: self.out.to.len() };
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
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => Err(Failed),
            Pending::Skipped => Ok(()),
            Pending::Written => self.out.push(value),
        }
    }

    fn push_field<T>(&mut self, key: &'static str, value: &T) -> Result<(), Failed>
    where
        T: Serialize + ?Sized,
    {
        self.push_key(|out| {
            out.push_text(key);
            Ok(())
        })?;
        self.push_value(value)
    }

    fn close(mut self) -> Result<(), Failed> {
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
            let limit = out.rules.limits.text;
            if key.serialize(Key { to: out.to, limit }).is_err() {
                out.to.truncate(start);
                json::push_string(out.to, mark::UNPRINTABLE);
            }
            Ok(())
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
        }
    }

    fn end(self) -> Result<(), Failed> {
        match self {
            Self::Object(object) => object.close(),
            Self::Number(number) => number.close(),
        }
    }
}
