//! Assertions that fail name the operation, and show its records and the tree of all.

use tracing::info_span;
use tracing_invocation::testing::{Log, capture_thread};
use tracing_invocation::{Outcome, begin};
use tracing_subscriber::prelude::*;

use super::{message_of, reserve};

/// A log with one operation that succeeded, one that failed, and one that is open.
fn three() -> Log {
    let log = capture_thread();
    reserve(1).unwrap();
    reserve(101).unwrap_err();
    std::mem::forget(begin(info_span!("ship")));
    Log::clone(&log)
}

/// The message of an assertion that fails, without the notes on what other tests do meanwhile.
fn failure(assertion: impl FnOnce()) -> String {
    let message = message_of(assertion);
    message
        .lines()
        .filter(|line| !line.starts_with("note: "))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn an_outcome_that_is_another() {
    let log = three();
    insta::assert_snapshot!(failure(|| drop(log.assert_all("reserve").ended(Outcome::Success))), @r#"
    expected `reserve [101]` to end as success, but it ended as failed
    records:
    {"timestamp":"2000-01-01T00:00:00.002000Z","level":"DEBUG","event_namespace":"it::testing","event_name":"reserve","event_outcome":"invoke","entity_id":"101","trace_id":"00000000000000000000000000000002","span_id":"0000000000000002","payload":{}}
    {"timestamp":"2000-01-01T00:00:00.003000Z","level":"ERROR","event_namespace":"it::testing","event_name":"reserve","event_outcome":"failed","entity_id":"101","trace_id":"00000000000000000000000000000002","span_id":"0000000000000002","duration_ns":1000000,"payload":{"error":{"type":"String","message":"101 is too many"}}}
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
    insta::assert_snapshot!(failure(|| drop(log.assert_all("ship").ended(Outcome::Success))), @r#"
    expected `ship` to end as success, but it has not ended
    records:
    {"timestamp":"2000-01-01T00:00:00.004000Z","level":"DEBUG","event_namespace":"it::testing::assertions","event_name":"ship","event_outcome":"invoke","trace_id":"00000000000000000000000000000003","span_id":"0000000000000003","payload":{}}
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
    let _ = log.assert_last("reserve").ended(Outcome::Failed);
}

#[test]
fn an_end_that_is_not_wanted() {
    let log = three();
    let _ = log.assert_last("ship").is_open();
    insta::assert_snapshot!(failure(|| drop(log.assert_all("reserve").is_open())), @r#"
    expected `reserve [1]` to be open, but it ended as success
    records:
    {"timestamp":"2000-01-01T00:00:00.000000Z","level":"DEBUG","event_namespace":"it::testing","event_name":"reserve","event_outcome":"invoke","entity_id":"1","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","payload":{}}
    {"timestamp":"2000-01-01T00:00:00.001000Z","level":"DEBUG","event_namespace":"it::testing","event_name":"reserve","event_outcome":"success","entity_id":"1","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","duration_ns":1000000,"payload":{}}
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
}

#[test]
fn a_payload_that_is_another() {
    let log = three();
    let payload = |name: &'static str, pointer: &'static str| {
        failure(|| drop(log.assert_last(name).with_payload(pointer, "x")))
    };
    insta::assert_snapshot!(payload("reserve", "/error/message"), @r#"
    expected `reserve [101]` to hold "x" at "/error/message" at its end, but it holds "101 is too many" there
    records:
    {"timestamp":"2000-01-01T00:00:00.002000Z","level":"DEBUG","event_namespace":"it::testing","event_name":"reserve","event_outcome":"invoke","entity_id":"101","trace_id":"00000000000000000000000000000002","span_id":"0000000000000002","payload":{}}
    {"timestamp":"2000-01-01T00:00:00.003000Z","level":"ERROR","event_namespace":"it::testing","event_name":"reserve","event_outcome":"failed","entity_id":"101","trace_id":"00000000000000000000000000000002","span_id":"0000000000000002","duration_ns":1000000,"payload":{"error":{"type":"String","message":"101 is too many"}}}
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
    insta::assert_snapshot!(payload("reserve", "/none"), @r#"
    expected `reserve [101]` to hold "x" at "/none" at its end, but it holds nothing there
    records:
    {"timestamp":"2000-01-01T00:00:00.002000Z","level":"DEBUG","event_namespace":"it::testing","event_name":"reserve","event_outcome":"invoke","entity_id":"101","trace_id":"00000000000000000000000000000002","span_id":"0000000000000002","payload":{}}
    {"timestamp":"2000-01-01T00:00:00.003000Z","level":"ERROR","event_namespace":"it::testing","event_name":"reserve","event_outcome":"failed","entity_id":"101","trace_id":"00000000000000000000000000000002","span_id":"0000000000000002","duration_ns":1000000,"payload":{"error":{"type":"String","message":"101 is too many"}}}
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
    insta::assert_snapshot!(payload("ship", "/none"), @r#"
    expected `ship` to hold "x" at "/none" at its end, but it has not ended
    records:
    {"timestamp":"2000-01-01T00:00:00.004000Z","level":"DEBUG","event_namespace":"it::testing::assertions","event_name":"ship","event_outcome":"invoke","trace_id":"00000000000000000000000000000003","span_id":"0000000000000003","payload":{}}
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
}

#[test]
fn a_name_that_is_not_there() {
    insta::assert_snapshot!(failure(|| drop(three().assert_last("pay"))), @r#"
    no operation was named "pay"
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
    insta::assert_snapshot!(failure(|| drop(Log::new().assert_all("pay"))), @r#"
    no operation was named "pay"
    all operations:
    none
    "#);
}

#[test]
fn an_operation_that_is_open() {
    insta::assert_snapshot!(failure(|| three().assert_nothing_is_open()), @r#"
    still open: `ship`
    records:
    {"timestamp":"2000-01-01T00:00:00.004000Z","level":"DEBUG","event_namespace":"it::testing::assertions","event_name":"ship","event_outcome":"invoke","trace_id":"00000000000000000000000000000003","span_id":"0000000000000003","payload":{}}
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
    insta::assert_snapshot!(failure(|| three().assert_every_invoke_ended_once()), @r#"
    `ship` has not ended
    records:
    {"timestamp":"2000-01-01T00:00:00.004000Z","level":"DEBUG","event_namespace":"it::testing::assertions","event_name":"ship","event_outcome":"invoke","trace_id":"00000000000000000000000000000003","span_id":"0000000000000003","payload":{}}
    all operations:
    reserve [101] failed String: 101 is too many
    reserve [1] success
    ship open
    "#);
    three().assert_no_invoke_ended_twice();
}

#[test]
fn an_end_without_a_beginning() {
    let log = Log::new();
    // Leaves out what is less severe than INFO: `invoke` and `success`.
    let layer = log.layer().with_directives("info/info").unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        reserve(1).unwrap();
        reserve(101).unwrap_err();
    });
    insta::assert_snapshot!(failure(|| log.assert_every_invoke_ended_once()), @r#"
    `reserve [101]` ended without an `invoke`
    records:
    {"timestamp":"2000-01-01T00:00:00.003000Z","level":"ERROR","event_namespace":"it::testing","event_name":"reserve","event_outcome":"failed","entity_id":"101","trace_id":"00000000000000000000000000000002","span_id":"0000000000000002","duration_ns":1000000,"payload":{"error":{"type":"String","message":"101 is too many"}}}
    all operations:
    reserve [101] failed String: 101 is too many
    "#);
    insta::assert_snapshot!(failure(|| log.assert_no_invoke_ended_twice()), @r#"
    `reserve [101]` ended without an `invoke`
    records:
    {"timestamp":"2000-01-01T00:00:00.003000Z","level":"ERROR","event_namespace":"it::testing","event_name":"reserve","event_outcome":"failed","entity_id":"101","trace_id":"00000000000000000000000000000002","span_id":"0000000000000002","duration_ns":1000000,"payload":{"error":{"type":"String","message":"101 is too many"}}}
    all operations:
    reserve [101] failed String: 101 is too many
    "#);
}
