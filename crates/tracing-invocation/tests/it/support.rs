//! What every test needs: records that satisfy the schema, and futures stopped where a test wants them.

use std::ops::Deref;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;
use tracing_invocation::testing::{self, Capture, Log};
use tracing_invocation::{Outcome, Record};

/// Checks one line of a log as every reader would: one line, valid JSON, satisfying the schema, and read back
/// into the same record.
#[track_caller]
pub(crate) fn check_line(line: &str) {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
        jsonschema::validator_for(&serde_json::from_str(Record::SCHEMA).unwrap()).unwrap()
    });
    assert!(!line.contains(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c)), "{line:?}");
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let faults: Vec<_> = SCHEMA.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}\n{line}");
    let record: Record = serde_json::from_str(line).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), value, "a record reads back as it was");
}

/// Checks every line of a log.
#[track_caller]
pub(crate) fn check_lines(log: &Log) {
    log.lines().iter().for_each(|line| check_line(line));
}

/// Captures on this thread, and checks every line at the end.
pub(crate) struct Checked(Capture);

pub(crate) fn capture() -> Checked {
    Checked(testing::capture())
}

impl Deref for Checked {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.0
    }
}

impl Drop for Checked {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check_lines(self);
        }
    }
}

/// The names and outcomes of a log: `run invoke`, `run cancelled`.
pub(crate) fn story(log: &Log) -> Vec<String> {
    let tell = |record: Record| format!("{} {}", record.event_name, record.event_outcome);
    log.records().into_iter().map(tell).collect()
}

/// The only record with this name and outcome.
#[track_caller]
pub(crate) fn only(log: &Log, name: &str, outcome: Outcome) -> Record {
    let mut records = log.records();
    records.retain(|record| record.event_name == name && record.event_outcome == outcome);
    assert_eq!(records.len(), 1, "{name} {outcome} in\n{log}");
    records.remove(0)
}

/// Polls a future once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future + ?Sized>(
    future: std::pin::Pin<&mut F>,
) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}
