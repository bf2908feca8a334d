#![deny(warnings)]

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::num::NonZeroU8;

use serde_json::json;
use tracing_invocation::operation;

#[derive(Debug)]
struct Opaque;

impl Display for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("opaque")
    }
}

#[operation(
    "values",
    fields(
        text, string, number, big, float, flag, optional, list, map, some_list, nonzero, character, unit,
        bytes = &text.as_bytes()[..1], %opaque, debugged = ?opaque, structure = json!({ "a": 1 }),
        literal = "literal", negative = -1, sum = number + 1, closure = (|| 1)(), cast = number as u64,
        reference = &&number, error = error, block = { number },
    ),
    args(r#struct = Opaque.to_string(), choice = if flag { 1 } else { 2 }, "dotted.name" = number),
    entity_id = %opaque,
    when = number > 0 && !text.is_empty(),
)]
#[allow(clippy::too_many_arguments)]
fn values(
    text: &str,
    string: String,
    number: u8,
    big: u128,
    float: f32,
    flag: bool,
    optional: Option<&str>,
    list: &[u8],
    map: BTreeMap<String, Vec<u8>>,
    some_list: Option<Vec<u8>>,
    nonzero: NonZeroU8,
    character: char,
    unit: (),
    opaque: Opaque,
    error: &(dyn std::error::Error + 'static),
) {
    let _ = (string, big, float, optional, list, map, some_list, nonzero, character, opaque, error);
    unit
}

#[operation(
    fields(whole: rows, normal | whole: %text, maximum | whole: debugged = ?text, minimal: r#type = 1),
    args(maximum: rows),
    result(whole: 0, whole: text = ?1, whole: shown = %1)
)]
fn marked(rows: Vec<u8>, text: &str) -> (Vec<u8>, String) {
    (rows, text.to_owned())
}

#[operation(fields(%one, ?other), args(%one, text = other), result(%))]
fn bounded<T: Display + ?Sized, U: Debug + serde::Serialize>(one: &T, other: U) -> String {
    let _ = other;
    one.to_string()
}

fn main() {
    values(
        "a",
        String::new(),
        1,
        2,
        3.0,
        true,
        None,
        &[],
        BTreeMap::new(),
        None,
        NonZeroU8::MIN,
        'x',
        (),
        Opaque,
        &std::fmt::Error,
    );
    bounded("a", 1);
    marked(vec![], "a");
}
