//! Values of fields and results.

use std::any::Any;
use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use serde::Serialize;
use tracing::Value;
use tracing::field::{self, DisplayValue};

use super::Probe;
use crate::convention::mark;
use crate::panic_note::Caught;
use crate::payload::structure::push_serialized;
use crate::payload::{Json, Rules, Whole, json, text};
use crate::settle::handover;

/// What stands in the place of a value that panicked while it was computed.
pub const UNPRINTABLE: &str = mark::UNPRINTABLE;

/// Whether every value of the program has been evaluated that is to be recorded together.
#[derive(Debug, Default)]
pub struct Evaluated(Cell<bool>);

impl Evaluated {
    /// `value`, by which the last one has been.
    pub fn by<T>(&self, value: T) -> T {
        self.0.set(true);
        value
    }
}

/// What `record` answers, or `None` where a value of the program panics in it. What panics after the values were evaluated
/// is a layer of somebody else: that panic goes on.
#[inline]
pub fn contained<T>(record: impl FnOnce(&Evaluated) -> T) -> Option<T> {
    let evaluated = Evaluated::default();
    let recorded = catch_unwind(AssertUnwindSafe(|| record(&evaluated)));
    recorded.map_err(|payload| after_panic(payload, evaluated.0.get())).ok()
}

/// A condition. One that panics holds, so that it hides nothing.
pub fn holds(condition: impl FnOnce() -> bool) -> bool {
    text::quietly(condition).unwrap_or(true)
}

#[cold]
fn after_panic(payload: Box<dyn Any + Send>, is_of_others: bool) {
    if is_of_others {
        Caught::new(payload).resume();
    }
    text::discard(payload);
}

/// First: an optional value that `tracing` knows, `null` where there is none.
pub trait Nullable<'a> {
    fn field(&self) -> &'a dyn Value;
}

impl<'a, T: Value> Nullable<'a> for &&&Probe<'a, Option<T>> {
    fn field(&self) -> &'a dyn Value {
        static NULL: LazyLock<DisplayValue<Json<'static, ()>>> =
            LazyLock::new(|| field::display(Json(&())));
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
    fn whole(&self) -> DisplayValue<Whole<'a, T>>;
}

impl<'a, T: Serialize> Structure<'a, T> for &Probe<'a, T> {
    fn field(&self) -> DisplayValue<Json<'a, T>> {
        field::display(Json(self.0))
    }

    fn whole(&self) -> DisplayValue<Whole<'a, T>> {
        field::display(Whole(self.0))
    }
}

/// Last: any value, which is refused in words.
pub trait Refused<'a, T> {
    fn field(&self) -> &'a dyn Value
    where
        T: Recordable;
    fn whole(&self) -> &'a dyn Value
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

    fn whole(&self) -> &'a dyn Value
    where
        T: Recordable,
    {
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

/// A value's `Display` text. Answers less than it knows, so that a type without one is refused once.
pub fn display<'a, T: Display + ?Sized>(value: &'a T) -> impl Value + use<'a, T> {
    field::display(value)
}

/// A value's `Debug` text.
pub fn debug<'a, T: Debug + ?Sized>(value: &'a T) -> impl Value + use<'a, T> {
    field::debug(value)
}

/// First: a result that serializes, as JSON.
pub trait Serialized {
    fn json(&self, is_whole: bool) -> Vec<u8>;
}

impl<T: Serialize + ?Sized> Serialized for &Probe<'_, T> {
    fn json(&self, is_whole: bool) -> Vec<u8> {
        let mut json = Vec::new();
        push_serialized(&mut json, self.0, &rules(is_whole));
        json
    }
}

/// Then: any other, which is refused in words.
pub trait RefusedResult<T: ?Sized> {
    fn json(&self, is_whole: bool) -> Vec<u8>
    where
        T: RecordableResult;
}

impl<T: ?Sized> RefusedResult<T> for Probe<'_, T> {
    fn json(&self, _: bool) -> Vec<u8>
    where
        T: RecordableResult,
    {
        // Nothing implements `RecordableResult`, so nothing comes here.
        Vec::new()
    }
}

/// What a result without a sigil has to be. Implemented by nothing: it is there for its message.
#[diagnostic::on_unimplemented(
    message = "a result of type `{Self}` cannot be recorded: it is not `serde::Serialize`",
    label = "cannot be recorded as it is",
    note = "derive `serde::Serialize` for it, or name parts of it that have it, as in `result(id, n = tags.len())`",
    note = "write `%` for its `Display` text, or `?` for its `Debug` text: `result(?)`, `result(?part)`"
)]
pub trait RecordableResult {}

/// The JSON of a result's `Display` text.
pub fn result_display<T: Display + ?Sized>(value: &T, is_whole: bool) -> Vec<u8> {
    result_text(format_args!("{value}"), is_whole)
}

/// The JSON of a result's `Debug` text.
pub fn result_debug<T: Debug + ?Sized>(value: &T, is_whole: bool) -> Vec<u8> {
    result_text(format_args!("{value:?}"), is_whole)
}

fn result_text(value: std::fmt::Arguments<'_>, is_whole: bool) -> Vec<u8> {
    let mut json = Vec::new();
    let Rules { limits, redaction } = rules(is_whole);
    text::push_formatted(&mut json, value, limits.text, &redaction);
    json
}

/// What results are written by, without limits where they are lifted.
fn rules(is_whole: bool) -> Rules {
    let rules = handover::rules();
    if is_whole { rules.lifted() } else { rules }
}

/// A selected part of a result: its name, and its JSON, or a mark where reading it panics.
pub fn part(name: &str, json: impl FnOnce() -> Vec<u8>) -> (&str, Vec<u8>) {
    let redaction = handover::rules().redaction;
    if !redaction.is_secret_key(name) {
        let json = text::quietly(json).unwrap_or_else(|| {
            let mut json = Vec::new();
            json::push_string(&mut json, mark::UNPRINTABLE);
            json
        });
        return (name, json);
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
