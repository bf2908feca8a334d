//! Every rule by which a record of the original and one of this library are the same.
//!
//! What no rule here names is compared as it is: namespace, name, entity, outcome, level and payload, and which
//! records belong to one call.
//!
//! | the original | this library |
//! |---|---|
//! | seconds | timestamps: neither is compared |
//! | no ids | `trace_id`, `span_id`, `parent_span_id`: a call's records have one `span_id`, calls are numbered in the order of their first record, and the numbers are compared |
//! | no durations | `duration_ns`, not compared |
//! | `kwargs`, `closures` | `args`, for both |
//! | `error.kind` | `error.type` |
//! | `WARNING`, `CRITICAL` | `WARN`, `ERROR` |
//! | `CancelledError` without a text | `cancelled`, `dropped before completion` |
//! | the namespace of the test's context, `example` | the module of an operation that names no namespace |
//! | nothing | `caused_by` of a failure that is not described again: it has to name the call inside this one that failed last and names no other |
//! | the text under `session_id` | `<redacted>`: the id of a session is a secret here |
//! | bytes | their hexadecimal digits |
//! | an integer of any size | the text of its digits, outside the range of `i64` |
//! | a number that is not finite | `null` |

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tracing_invocation::{Outcome, Record, SpanId};

use super::cases::Original;

/// A record in the words of both.
#[derive(Debug, PartialEq)]
pub(super) struct Common {
    /// The number of its call.
    call: usize,
    namespace: String,
    name: String,
    entity_id: Option<String>,
    outcome: String,
    level: String,
    payload: Value,
}

/// Normalises records of the original.
pub(super) fn of_the_original(records: &[Original]) -> Vec<Common> {
    let mut open: Vec<(usize, &Original)> = Vec::new();
    let mut calls = 0;
    let mut common = Vec::new();
    for record in records {
        let outcome = record.event_outcome.as_deref().unwrap_or_default();
        let call = match closed_by(record, &open) {
            Some(at) if outcome != "invoke" => open.remove(at).0,
            _ => {
                calls += 1;
                calls - 1
            }
        };
        if outcome == "invoke" {
            open.push((call, record));
        }
        common.push(Common {
            call,
            namespace: record.event_namespace.clone(),
            name: record.event_name.clone(),
            entity_id: record.entity_id.clone(),
            outcome: outcome.to_owned(),
            level: level(&record.level).to_owned(),
            payload: payload(&record.payload),
        });
    }
    common
}

/// Finds the open call that a terminal record ends: the last one of the same name, namespace and entity, and of
/// several the last one with the same context.
fn closed_by(record: &Original, open: &[(usize, &Original)]) -> Option<usize> {
    let fits = |begun: &Original| {
        begun.event_name == record.event_name
            && begun.event_namespace == record.event_namespace
            && begun.entity_id == record.entity_id
    };
    let context = |record: &Original| {
        let mut payload = record.payload.clone();
        payload.retain(|key, _| !SECTIONS.contains(&key.as_str()));
        payload
    };
    let same = |begun: &Original| fits(begun) && context(begun) == context(record);
    open.iter()
        .rposition(|(_, begun)| same(begun))
        .or_else(|| open.iter().rposition(|(_, begun)| fits(begun)))
}

/// The keys of a payload that are no context.
const SECTIONS: [&str; 5] = ["closures", "kwargs", "result", "error", "cancelled"];

fn level(original: &str) -> &str {
    match original {
        "WARNING" => "WARN",
        "CRITICAL" => "ERROR",
        level => level,
    }
}

fn payload(original: &Map<String, Value>) -> Value {
    let mut common = Map::new();
    for (key, value) in original {
        let value = match key.as_str() {
            "error" => error(value),
            "context" => value.as_object().map_or_else(|| plain(value), payload),
            _ => plain(value),
        };
        match (key.as_str(), value) {
            ("kwargs" | "closures", Value::Object(members)) => {
                let args = common.entry("args").or_insert_with(|| json!({}));
                args.as_object_mut().unwrap().extend(members);
            }
            ("kwargs" | "closures", value) => drop(common.insert("args".to_owned(), value)),
            (key, value) => drop(common.insert(key.to_owned(), value)),
        }
    }
    Value::Object(common)
}

fn error(original: &Value) -> Value {
    let mut error = plain(original);
    // A context field may be called `error`, too, and is no object of this kind then.
    let Some(members) = error.as_object_mut() else { return error };
    if let Some(kind) = members.remove("kind") {
        members.insert("type".to_owned(), kind);
    }
    if error == json!({"type": "CancelledError", "message": ""}) {
        return json!({"type": "cancelled", "message": "dropped before completion"});
    }
    error
}

/// Writes out the values that JSON lacks, as this library writes them.
fn plain(original: &Value) -> Value {
    match original {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => {
            let mut entries = members.iter();
            match (entries.next().map(|(key, value)| (key.as_str(), value)), entries.next()) {
                (Some(("$bytes", Value::String(text))), None) => json!(hexadecimal(text)),
                (Some(("$int", digits)), None) => digits.clone(),
                (Some(("$float", _)), None) => Value::Null,
                (Some(("$tuple", items)), None) => plain(items),
                _ => members.iter().map(|(key, value)| (key.clone(), member(key, value))).collect(),
            }
        }
        value => value.clone(),
    }
}

/// The value of a member, which is not written where its key is a secret's.
fn member(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("session_id", Value::String(_)) => json!("<redacted>"),
        _ => plain(value),
    }
}

/// Turns base64 into hexadecimal digits.
fn hexadecimal(base64: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut text) = (0_u32, 0, String::new());
    for digit in base64.bytes().filter(|digit| *digit != b'=') {
        bits = bits << 6 | ALPHABET.iter().position(|known| *known == digit).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            text += &format!("{:02x}", bits >> count & 0xff);
        }
    }
    text
}

/// Normalises records of this library, whose operations are defined in `module` or in one around it.
#[track_caller]
pub(super) fn of_this_library(records: &[Record], module: &str) -> Vec<Common> {
    let mut calls = HashMap::new();
    let mut common = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let next = calls.len();
        let call = *calls.entry(record.span_id).or_insert(next);
        let mut payload = record.payload.clone();
        if let Some(named) = payload.remove("caused_by") {
            let origin = failed_inside(&records[..at], record).map(|span_id| json!(span_id));
            assert_eq!(Some(named), origin, "the call that `caused_by` of {record:?} names");
        }
        common.push(Common {
            call,
            namespace: namespace(&record.event_namespace, module).to_owned(),
            name: record.event_name.clone(),
            entity_id: record.entity_id.clone(),
            outcome: record.event_outcome.to_string(),
            level: record.level.to_string(),
            payload: Value::Object(payload),
        });
    }
    common
}

/// Finds the call inside that of `outer` whose failure came last and names no other.
fn failed_inside(before: &[Record], outer: &Record) -> Option<SpanId> {
    let parent = |span_id| {
        before
            .iter()
            .find(|record| record.span_id == span_id)
            .and_then(|found| found.parent_span_id)
    };
    let is_inside = |span_id| {
        std::iter::successors(parent(span_id), |around| parent(*around))
            .any(|around| around == outer.span_id)
    };
    before
        .iter()
        .rfind(|record| {
            record.event_outcome == Outcome::Failed
                && !record.payload.contains_key("caused_by")
                && is_inside(record.span_id)
        })
        .map(|record| record.span_id)
}

/// Replaces the namespace that an operation has by default.
fn namespace<'a>(namespace: &'a str, module: &str) -> &'a str {
    let tests = concat!(env!("CARGO_CRATE_NAME"), "::");
    let rest = module.strip_prefix(namespace);
    let is_around = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    if namespace.starts_with(tests) && is_around { "example" } else { namespace }
}

#[cfg(test)]
mod tests {
    use super::super::case;
    use super::{Common, of_the_original};

    fn interleaved() -> Vec<Common> {
        of_the_original(&case("call_shapes/concurrent_calls_interleave").records)
    }

    #[test]
    fn siblings_of_one_name_are_told_apart() {
        let calls: Vec<_> = interleaved().iter().map(|record| record.call).collect();
        assert_eq!(calls, [0, 1, 1, 0]);
    }

    #[test]
    fn what_has_no_rule_is_compared() {
        let changes: [fn(&mut Common); 6] = [
            |record| record.call = 1,
            |record| record.namespace.push('x'),
            |record| record.entity_id = Some("x".to_owned()),
            |record| record.outcome.push('x'),
            |record| record.level.push('x'),
            |record| record.payload["tag"] = "x".into(),
        ];
        for change in changes {
            let mut changed = interleaved();
            change(&mut changed[0]);
            assert_ne!(changed, interleaved());
        }
    }
}
