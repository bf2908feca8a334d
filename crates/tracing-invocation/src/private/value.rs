//! Values of fields and results.

use std::sync::LazyLock;

use serde::Serialize;
use tracing::Value;
use tracing::field::{DisplayValue, display};

use super::Probe;
use crate::payload::structure::push_serialized;
use crate::payload::{Json, Rules, text};
use crate::settle::handover;

/// First: an optional value that `tracing` knows, `null` where there is none.
pub trait Nullable<'a> {
    fn field(&self) -> &'a dyn Value;
}

impl<'a, T: Value> Nullable<'a> for &&&Probe<'a, Option<T>> {
    fn field(&self) -> &'a dyn Value {
        static NULL: LazyLock<DisplayValue<Json<'static, ()>>> =
            LazyLock::new(|| display(Json(&())));
        match self.0 {
            Some(value) => value,
            None => &*NULL,
        }
    }
}

/// Then: a value that `tracing` knows.
pub trait Native<'a> {
    fn field(&self) -> &'a dyn Value;
}

impl<'a, T: Value> Native<'a> for &&Probe<'a, T> {
    fn field(&self) -> &'a dyn Value {
        self.0
    }
}

/// Then: a value that serializes.
pub trait Structure<'a, T: Serialize> {
    fn field(&self) -> DisplayValue<Json<'a, T>>;
}

impl<'a, T: Serialize> Structure<'a, T> for &Probe<'a, T> {
    fn field(&self) -> DisplayValue<Json<'a, T>> {
        display(Json(self.0))
    }
}

/// Last: any value, which is refused in words.
pub trait Refused<'a, T> {
    fn field(&self) -> &'a dyn Value
    where
        T: Recordable;
}

impl<'a, T> Refused<'a, T> for Probe<'a, T> {
    fn field(&self) -> &'a dyn Value
    where
        T: Recordable,
    {
        // Nothing implements `Recordable`, so nothing comes here.
        &""
    }
}

/// What a value without a sigil has to be. Implemented by nothing: it is there for its message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a value that `tracing` records nor `serde::Serialize`",
    label = "cannot be recorded as it is",
    note = "write `%` in front of it for its `Display` text, or `?` for its `Debug` text"
)]
pub trait Recordable {}

/// The JSON of a result that serializes.
pub fn result<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut json = Vec::new();
    push_serialized(&mut json, value, &handover::rules());
    json
}

/// As [`result`], however large it is.
pub fn result_whole<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut json = Vec::new();
    push_serialized(&mut json, value, &handover::rules().lifted());
    json
}

/// The JSON of a result's text.
pub fn result_text(value: std::fmt::Arguments<'_>) -> Vec<u8> {
    let mut json = Vec::new();
    let Rules { limits, redaction } = handover::rules();
    text::push_formatted(&mut json, value, limits.text, &redaction);
    json
}

/// A selected part of a result: its name, and its JSON.
pub fn part(name: &str, json: impl FnOnce() -> Vec<u8>) -> (&str, Vec<u8>) {
    let redaction = handover::rules().redaction;
    if !redaction.is_secret_key(name) {
        return (name, json());
    }
    let mut mark = Vec::new();
    redaction.push_mark(&mut mark);
    (name, mark)
}

/// The JSON of selected parts of a result.
pub fn result_parts<const N: usize>(parts: [(&str, Vec<u8>); N]) -> Vec<u8> {
    let mut json = vec![b'{'];
    for (at, (name, value)) in parts.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        text::push_name(&mut json, name, handover::rules().limits.text);
        json.push(b':');
        json.extend_from_slice(value);
    }
    json.push(b'}');
    json
}
