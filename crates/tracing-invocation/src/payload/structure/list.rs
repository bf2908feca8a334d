//! Sequences, sets and tuples.

use std::io::Write as _;

use serde::Serialize;
use serde::ser::{SerializeSeq, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant};

use super::{Failed, Output};
use crate::convention::mark;

/// A list that is being written.
pub(super) struct List<'o, 'a> {
    out: &'o mut Output<'a>,
    /// Whether it is open, rather than nested too deep.
    shown: bool,
    /// Whether it is what a variant holds, inside an object of its own.
    variant: bool,
    written: usize,
    more: usize,
}

impl<'o, 'a> List<'o, 'a> {
    pub(super) fn open(out: &'o mut Output<'a>) -> Self {
        let shown = out.open(b'[', mark::LIST);
        Self { out, shown, variant: false, written: 0, more: 0 }
    }

    pub(super) fn open_variant(out: &'o mut Output<'a>, variant: &str) -> Self {
        if out.open_variant(variant) {
            return Self { variant: true, ..Self::open(out) };
        }
        Self { out, shown: false, variant: false, written: 0, more: 0 }
    }

    pub(super) fn collect<I>(mut self, elements: I) -> Result<(), Failed>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        if self.shown {
            let mut elements = elements.into_iter().fuse();
            for element in elements.by_ref().take(self.out.rules.limits.items) {
                self.push(&element)?;
            }
            self.more = elements.count();
        }
        self.close();
        Ok(())
    }

    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Failed> {
        if !self.shown {
            return Ok(());
        }
        if self.written == self.out.rules.limits.items {
            self.more = self.more.saturating_add(1);
            return Ok(());
        }
        self.push_comma();
        self.written += 1;
        self.out.push(element)
    }

    fn push_comma(&mut self) {
        if self.written > 0 {
            self.out.to.push(b',');
        }
    }

    fn close(mut self) {
        if self.shown {
            if self.more > 0 {
                self.push_comma();
                // Writing to a `Vec` cannot fail.
                let _ = write!(self.out.to, "\"{} ({} more)\"", mark::CUT, self.more);
            }
            self.out.close(b']');
        }
        if self.variant {
            self.out.close_variant();
        }
    }
}

impl SerializeSeq for List<'_, '_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for List<'_, '_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close();
        Ok(())
    }
}

impl SerializeTupleStruct for List<'_, '_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close();
        Ok(())
    }
}

impl SerializeTupleVariant for List<'_, '_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }

    fn end(self) -> Result<(), Failed> {
        self.close();
        Ok(())
    }
}
