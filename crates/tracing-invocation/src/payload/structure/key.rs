//! What names a member of a map.

use std::fmt;

use serde::Serialize;
use serde::ser::{Impossible, Serializer};

use super::{Failed, Output};
use crate::payload::redact::Named;
use crate::payload::{Redaction, Rules, text};

/// Characters of a key that are looked at to see whether it is secret, even where fewer are written.
const LOOKED_AT: usize = 256;

/// Writes a value as a text, cut after `limit` characters. Takes what `serde_json` takes for a key, and fails for
/// anything else.
pub(super) struct Key<'a> {
    to: &'a mut Vec<u8>,
    redaction: &'a Redaction,
    limit: usize,
    about: &'a mut About,
}

/// What a key says of its value.
#[derive(Clone, Copy, Default)]
pub(super) struct About {
    pub(super) is_secret: bool,
    pub(super) named: Named,
}

impl About {
    pub(super) fn of(key: &str, redaction: &Redaction) -> Self {
        Self { is_secret: redaction.is_secret_key(key), named: Named::by(key) }
    }
}

impl<'a> Key<'a> {
    pub(super) fn new(out: &'a mut Output<'_>, about: &'a mut About) -> Self {
        let Rules { limits, redaction } = out.rules;
        Self { to: out.to, redaction, limit: limits.text, about }
    }

    /// With room for so many characters.
    pub(super) fn of_at_least(self, limit: usize) -> Self {
        Self { limit: self.limit.max(limit), ..self }
    }

    fn push_number(self, number: impl itoa::Integer) -> Result<(), Failed> {
        self.serialize_str(itoa::Buffer::new().format(number))
    }

    fn push_float(self, finite: bool, number: impl Serialize) -> Result<(), Failed> {
        let digits = serde_json::to_string(&number).map_err(|_| Failed)?;
        if finite { self.serialize_str(&digits) } else { Err(Failed) }
    }
}

impl Serializer for Key<'_> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Impossible<(), Failed>;
    type SerializeTuple = Impossible<(), Failed>;
    type SerializeTupleStruct = Impossible<(), Failed>;
    type SerializeTupleVariant = Impossible<(), Failed>;
    type SerializeMap = Impossible<(), Failed>;
    type SerializeStruct = Impossible<(), Failed>;
    type SerializeStructVariant = Impossible<(), Failed>;

    fn serialize_bool(self, value: bool) -> Result<(), Failed> {
        self.serialize_str(if value { "true" } else { "false" })
    }

    fn serialize_i8(self, value: i8) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_i128(self, value: i128) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_u128(self, value: u128) -> Result<(), Failed> {
        self.push_number(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Failed> {
        self.push_float(value.is_finite(), value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failed> {
        self.push_float(value.is_finite(), value)
    }

    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Failed> {
        *self.about = About::of(value, self.redaction);
        text::push_str(self.to, value, self.limit, self.redaction);
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Failed> {
        let enough = self.limit.saturating_add(self.redaction.lookahead() + 1).max(LOOKED_AT);
        match text::formatted(format_args!("{value}"), enough) {
            Ok(text) => self.serialize_str(&text),
            Err(mark) => self.serialize_str(mark),
        }
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_none(self) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Failed> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Failed> {
        Err(Failed)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Self::SerializeSeq, Failed> {
        Err(Failed)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple, Failed> {
        Err(Failed)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, Failed> {
        Err(Failed)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Failed> {
        Err(Failed)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, Failed> {
        Err(Failed)
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStruct, Failed> {
        Err(Failed)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Failed> {
        Err(Failed)
    }
}
