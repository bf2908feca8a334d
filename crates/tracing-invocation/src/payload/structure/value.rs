//! What a value becomes.

use std::fmt;

use serde::Serialize;
use serde::ser::Serializer;

use super::list::List;
use super::object::raw;
use super::object::{Object, Struct};
use super::{Failed, Output, Variant, Watch, number};
use crate::payload::redact::LONGEST_NAME;
use crate::payload::{Rules, json, text};

impl<'o, 'a> Serializer for &'o mut Output<'a> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = List<'o, 'a>;
    type SerializeTuple = List<'o, 'a>;
    type SerializeTupleStruct = List<'o, 'a>;
    type SerializeTupleVariant = List<'o, 'a>;
    type SerializeMap = Object<'o, 'a>;
    type SerializeStruct = Struct<'o, 'a>;
    type SerializeStructVariant = Object<'o, 'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Failed> {
        json::push_bool(self.to, value);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Failed> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Failed> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Failed> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Failed> {
        json::push_i64(self.to, value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Failed> {
        json::push_i128(self.to, value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Failed> {
        self.serialize_i64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Failed> {
        self.serialize_i64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Failed> {
        self.serialize_i64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Failed> {
        self.serialize_u128(value.into())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Failed> {
        json::push_u128(self.to, value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Failed> {
        json::push_f32(self.to, value);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failed> {
        json::push_f64(self.to, value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Failed> {
        self.push_text(value);
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Failed> {
        let Rules { limits, redaction } = self.rules;
        if self.watch == Watch::Names {
            let enough = limits.text.saturating_add(redaction.lookahead() + 1);
            match text::formatted(format_args!("{value}"), enough.max(LONGEST_NAME + 1)) {
                Ok(text) => self.push_text(&text),
                Err(mark) => json::push_string(self.to, mark),
            }
            return Ok(());
        }
        text::push_formatted(self.to, format_args!("{value}"), limits.text, redaction);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failed> {
        text::push_bytes(self.to, value, self.rules.limits.text);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        self.to.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Failed> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Failed> {
        self.look_at(variant);
        self.push_name(variant);
        Ok(())
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
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        let opened = self.open_variant(variant);
        if opened == Variant::Open {
            self.push(value)?;
        }
        if opened != Variant::Skipped {
            self.close_variant();
        }
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<List<'o, 'a>, Failed> {
        Ok(List::open(self, len))
    }

    fn serialize_tuple(self, len: usize) -> Result<List<'o, 'a>, Failed> {
        Ok(List::open(self, Some(len)))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        len: usize,
    ) -> Result<List<'o, 'a>, Failed> {
        Ok(List::open(self, Some(len)))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<List<'o, 'a>, Failed> {
        Ok(List::open_variant(self, variant, Some(len)))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Object<'o, 'a>, Failed> {
        Ok(Object::open(self))
    }

    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Struct<'o, 'a>, Failed> {
        Ok(match name {
            number::TOKEN => Struct::Number(number::Number::new(self)),
            raw::TOKEN => Struct::Raw(self),
            _ => Struct::Object(Object::open(self)),
        })
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Object<'o, 'a>, Failed> {
        Ok(Object::open_variant(self, variant))
    }

    // The two below see a whole collection, whose iterator may know its length: what is beyond the limit is then
    // counted at once, and of what is nested too deep nothing is asked.

    fn collect_seq<I>(self, elements: I) -> Result<(), Failed>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        List::open(self, None).collect(elements)
    }

    fn collect_map<K, V, I>(self, members: I) -> Result<(), Failed>
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        Object::open(self).collect(members)
    }
}
