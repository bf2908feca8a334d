//! Sequences, sets and tuples.

use std::io::Write as _;

use serde::Serialize;
use serde::ser::{SerializeSeq, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant};

use super::{Failed, Output, Variant, Watch};
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
    /// How many elements there are, where that is known.
    length: Option<usize>,
    /// Whether the next element is one that the element before it named.
    next_is_secret: bool,
    /// Where the first element ends, if it named a secret: the second is one where there are no others.
    named_end: Option<usize>,
}

impl<'o, 'a> List<'o, 'a> {
    /// Begins a list of so many elements, where that is known.
    pub(super) fn open(out: &'o mut Output<'a>, length: Option<usize>) -> Self {
        let shown = out.open(b'[', mark::LIST);
        Self::new(out, length, shown, false)
    }

    pub(super) fn open_variant(
        out: &'o mut Output<'a>,
        variant: &str,
        length: Option<usize>,
    ) -> Self {
        let opened = out.open_variant(variant);
        let shown = opened == Variant::Open && out.open(b'[', mark::LIST);
        Self::new(out, length, shown, opened != Variant::Skipped)
    }

    fn new(out: &'o mut Output<'a>, length: Option<usize>, shown: bool, variant: bool) -> Self {
        Self {
            out,
            shown,
            variant,
            written: 0,
            more: 0,
            length,
            next_is_secret: false,
            named_end: None,
        }
    }

    pub(super) fn collect<I>(mut self, elements: I) -> Result<(), Failed>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        if self.shown {
            let mut elements = elements.into_iter().fuse();
            self.length = exact_length(&elements);
            for element in elements.by_ref().take(self.out.rules.limits.items) {
                self.push(&element)?;
            }
            self.more = elements.count();
        }
        self.close();
        Ok(())
    }

    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Failed> {
        if self.next_is_written() { self.push_by(|out| out.push(element)) } else { Ok(()) }
    }

    /// Returns `true` if there is room for another element, and it is not secret. Otherwise, what is to stand for it has
    /// been seen to.
    pub(super) fn next_is_written(&mut self) -> bool {
        if !self.shown {
            return false;
        }
        if self.written == self.out.rules.limits.items {
            self.more = self.more.saturating_add(1);
            return false;
        }
        self.push_comma();
        let is_secret = std::mem::take(&mut self.next_is_secret);
        if is_secret {
            self.written += 1;
            self.out.rules.redaction.push_mark(self.out.to);
        }
        !is_secret
    }

    /// Writes an element, after [`next_is_written`](Self::next_is_written) said that it is.
    pub(super) fn push_by(
        &mut self,
        push: impl FnOnce(&mut Output<'a>) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let may_be_pair = self.written == 0 && self.length.is_none_or(|length| length == 2);
        let watch = if may_be_pair { Watch::Names } else { Watch::Options };
        let start = self.out.to.len();
        let named = self.out.push_watched(watch, push)?;
        self.written += 1;
        let is_option = self.out.to.get(start + 1) == Some(&b'-');
        self.next_is_secret = named && (is_option || self.length.is_some());
        if named && !self.next_is_secret {
            self.named_end = Some(self.out.to.len());
        }
        Ok(())
    }

    fn push_comma(&mut self) {
        if self.written > 0 {
            self.out.to.push(b',');
        }
    }

    pub(super) fn close(mut self) {
        if self.shown {
            if let Some(named_end) = self.named_end
                && self.written + self.more == 2
            {
                self.out.to.truncate(named_end);
                self.more = 0;
                self.out.to.push(b',');
                self.out.rules.redaction.push_mark(self.out.to);
            }
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

/// How many elements an iterator has, if it knows.
fn exact_length(elements: &impl Iterator) -> Option<usize> {
    let (least, most) = elements.size_hint();
    most.filter(|&most| most == least)
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
