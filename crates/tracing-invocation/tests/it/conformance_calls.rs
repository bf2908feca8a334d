//! The records that the original of this design makes, case by case, and what this library makes of the same calls.
//!
//! A test is named as its case. Where a case differs here, the test says how.

mod call_shapes;
mod cancellation;
mod documented;
mod levels_and_names;
mod suppression;

use std::collections::HashMap;
use std::fmt;

use serde_json::{Value, json};
use tokio::task::yield_now;
use tracing::subscriber::DefaultGuard;
use tracing_invocation::testing::Log;
use tracing_invocation::{InvocationLayer, Level, Outcome, Record};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use crate::support::check_lines;

/// An error with a text and no cause.
#[derive(Clone, Debug)]
struct ValueError(&'static str);

/// An error that stands for a cancellation, to operations that say so.
#[derive(Debug)]
struct CancelledError(&'static str);

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for CancelledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ValueError {}
impl std::error::Error for CancelledError {}

/// Asserts that these are the records of the log, and that no operation is left open.
///
/// An expected payload has names of operations where a record has the ids of their calls: `child`, or `child#2` for the
/// second of several calls of one name.
#[track_caller]
fn assert_tells<const N: usize>(log: &Log, expected: [(&str, Outcome, Level, Value); N]) {
    let records = log.records();
    let names = names_of_calls(&records);
    let found: Vec<_> = records
        .iter()
        .map(|record| {
            let mut payload = record.payload.clone();
            for key in ["caused_by", "cancelled_by"] {
                if let Some(id) = payload.get_mut(key) {
                    *id = json!(names[id.as_str().unwrap()]);
                }
            }
            if let Some(id) =
                payload.get_mut("cancellation").and_then(|told| told.get_mut("span_id"))
            {
                *id = json!(names[id.as_str().unwrap()]);
            }
            let name = record.event_name.as_str();
            (name, record.event_outcome, record.level, Value::Object(payload))
        })
        .collect();
    assert_eq!(found, expected, "\n{log}");
    check_lines(log);
    log.assert_every_invoke_ended_once();
}

/// What each call is called, by its id.
fn names_of_calls(records: &[Record]) -> HashMap<String, String> {
    let mut calls: HashMap<&str, Vec<String>> = HashMap::new();
    for record in records {
        let ids = calls.entry(&record.event_name).or_default();
        let id = record.span_id.to_string();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut names = HashMap::new();
    for (name, ids) in calls {
        let only = ids.len() == 1;
        for (at, id) in ids.into_iter().enumerate() {
            names.insert(id, if only { name.to_owned() } else { format!("{name}#{}", at + 1) });
        }
    }
    names
}

/// The payload of an operation that was dropped.
fn dropped() -> Value {
    json!({
        "cancelled": true,
        "error": {"type": "cancelled", "message": "dropped before completion"},
    })
}

/// The payload of an operation that was dropped along with an inner one.
fn dropped_with(inner: &str) -> Value {
    with(dropped(), json!({"cancelled_by": inner}))
}

/// The payload of an operation that was dropped with the one around it.
fn inside(payload: Value, outer: &str) -> Value {
    with(payload, json!({"cancellation": {"cause": "parent", "span_id": outer}}))
}

/// The payload of an operation that failed.
fn error(kind: &str, message: &str) -> Value {
    json!({"error": {"type": kind, "message": message}})
}

/// The payload of an operation that returned an error that counts as a cancellation.
fn stopped(kind: &str, message: &str) -> Value {
    with(error(kind, message), json!({"cancelled": true}))
}

/// A payload with more members.
fn with(mut payload: Value, more: Value) -> Value {
    let (Some(members), Value::Object(more)) = (payload.as_object_mut(), more) else {
        panic!("a payload is an object")
    };
    members.extend(more);
    payload
}

/// Captures on this thread through a layer made for the test.
fn capture_with(configure: impl FnOnce(InvocationLayer) -> InvocationLayer) -> (Log, DefaultGuard) {
    let log = Log::new();
    let subscriber = registry().with(configure(log.layer()));
    (log, tracing::subscriber::set_default(subscriber))
}

/// Lets the other tasks run until the log has this many records.
async fn until(log: &Log, records: usize) {
    for _ in 0..100 {
        if log.lines().len() >= records {
            return;
        }
        yield_now().await;
    }
    panic!("{records} records were expected\n{log}");
}
