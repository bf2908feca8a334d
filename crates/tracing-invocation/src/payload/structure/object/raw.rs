//! JSON that comes as a text: read and written at once, so that nothing of it has to be kept.
//!
//! `serde_json`'s `RawValue` announces itself as a struct with a name of its own, and its text as that struct's one field.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::super::key::{About, Key};
use super::super::list::List;
use super::super::{Failed, Output, number};
use super::Object;
use crate::payload::json;

/// The name of the struct.
pub(in super::super) const TOKEN: &str = "$serde_json::private::RawValue";

/// Appends the value that the field of a `RawValue` holds.
pub(in super::super) fn push_field<T: Serialize + ?Sized>(
    out: &mut Output<'_>,
    field: &T,
) -> Result<(), Failed> {
    let text = serde_json::to_string(field).map_err(|_| Failed)?;
    let json: Cow<'_, str> = serde_json::from_str(&text).map_err(|_| Failed)?;
    push(out, json.as_bytes())
}

/// Appends the value that `json` is the text of.
pub(in super::super) fn push(out: &mut Output<'_>, json: &[u8]) -> Result<(), Failed> {
    out.attempt(|out| {
        let mut json = serde_json::Deserializer::from_slice(json);
        Copied(out).deserialize(&mut json).map_err(|_| Failed)?;
        json.end().map_err(|_| Failed)
    })
}

/// Writes what is read. What lies beyond a limit is passed over, however deep it is.
struct Copied<'o, 'a>(&'o mut Output<'a>);

impl<'de> DeserializeSeed<'de> for Copied<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Copied<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.to.extend_from_slice(b"null");
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        json::push_bool(self.0.to, value);
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        json::push_i64(self.0.to, value);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        json::push_u64(self.0.to, value);
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        json::push_f64(self.0.to, value);
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.0.push_text(value);
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut elements: S) -> Result<(), S::Error> {
        let mut list = List::open(self.0, None);
        while elements.next_element_seed(Element(&mut list))?.is_some() {}
        list.close();
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        let mut next = members.next_key::<String>()?;
        // Where `serde_json` keeps numbers as text, it reads each as a map of one member.
        if next.as_deref() == Some(number::TOKEN) {
            let digits = members.next_value::<String>()?;
            return number::push_digits(self.0, &digits).map_err(M::Error::custom);
        }
        let mut object = Object::open(self.0);
        while let Some(key) = next {
            let written = object.push_key(|out| {
                let mut about = About::default();
                // A text is always taken for a key.
                let _ = key.serialize(Key::new(out, &mut about));
                about
            });
            written.map_err(M::Error::custom)?;
            members.next_value_seed(Member(&mut object))?;
            next = members.next_key()?;
        }
        object.close().map_err(M::Error::custom)
    }
}

/// The next element of a list.
struct Element<'l, 'o, 'a>(&'l mut List<'o, 'a>);

impl<'de> DeserializeSeed<'de> for Element<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        if !self.0.next_is_written() {
            return IgnoredAny::deserialize(from).map(drop);
        }
        let mut read = Ok(());
        let written = self.0.push_by(|out| {
            read = Copied(out).deserialize(from);
            Ok(())
        });
        read.and(written.map_err(D::Error::custom))
    }
}

/// The value of the member that is written next.
struct Member<'m, 'o, 'a>(&'m mut Object<'o, 'a>);

impl<'de> DeserializeSeed<'de> for Member<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let (mut from, mut read) = (Some(from), Ok(()));
        let written = self.0.push_value_by(|out| {
            if let Some(from) = from.take() {
                read = Copied(out).deserialize(from);
            }
            Ok(())
        });
        read.and(written.map_err(D::Error::custom))?;
        from.map_or(Ok(()), |from| IgnoredAny::deserialize(from).map(drop))
    }
}
