//! Values and names that are not what a reader expects.

use serde_json::json;
use tracing::field::Value;
use tracing::{info_span, instrument};
use tracing_core::Kind;
use tracing_invocation::Outcome;
use tracing_invocation::convention::mark;
use tracing_invocation::testing::Log;
use tracing_subscriber::prelude::*;

use super::tools::{HandMade, metadata, send};
use crate::support::{capture, check_lines, only};

#[test]
fn ten_megabytes_are_cut_wherever_they_are_met() {
    const BYTES: usize = 10 << 20;
    #[instrument(ret, err, skip_all, fields(invocation.name = "run"))]
    fn run(fails: bool) -> Result<String, String> {
        let text = "é".repeat(BYTES / 2);
        if fails { Err(text) } else { Ok(text) }
    }
    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(log.layer().with_results(true));
    tracing::subscriber::with_default(subscriber, || {
        let text = "é".repeat(BYTES / 2);
        info_span!("fields", text, debug = ?text, args.display = %text).in_scope(|| {});
        info_span!("named", invocation.name = text, invocation.entity_id = %text).in_scope(|| {});
        assert_eq!(run(false).unwrap().len(), BYTES);
        assert_eq!(run(true).unwrap_err().len(), BYTES);
    });
    check_lines(&log);
    log.assert_every_invoke_ended_once();
    let cut = format!("{}{}", "é".repeat(200), mark::CUT);
    let quoted = format!("\"{}{}", "é".repeat(199), mark::CUT);
    assert_eq!(
        json!(only(&log, "fields", Outcome::Invoke).payload),
        json!({"args": {"display": cut}, "debug": quoted, "text": cut})
    );
    assert_eq!(only(&log, &cut, Outcome::Invoke).entity_id, Some(cut.clone()));
    assert_eq!(only(&log, "run", Outcome::Success).payload["result"], quoted);
    let message = format!("{}{}", "é".repeat(1_000), mark::CUT);
    assert_eq!(only(&log, "run", Outcome::Failed).payload["error"]["message"], message);
}

/// What breaks readers: a terminal's escapes, ends of lines, and JSON's own marks.
const NASTY: &str = "\u{0}\u{1b}[31m\u{7f}\u{9b}0m\u{85}\u{2028}\u{2029}\"\\\r\n\t{}[],:'`";
/// As [`NASTY`] reads back: there is no U+0000 in a record.
const READ: &str = "\u{FFFD}\u{1b}[31m\u{7f}\u{9b}0m\u{85}\u{2028}\u{2029}\"\\\r\n\t{}[],:'`";

#[test]
fn hostile_characters_in_names_and_values_read_back() {
    let log = capture();
    let span = info_span!(
        "static",
        invocation.name = NASTY,
        invocation.namespace = %NASTY,
        invocation.entity_id = NASTY,
        text = NASTY,
        display = %NASTY,
        args.display = %NASTY,
    );
    span.in_scope(|| {});
    drop(span);
    for record in log.records() {
        assert_eq!((&*record.event_name, &*record.event_namespace), (READ, READ));
        assert_eq!(record.entity_id.as_deref(), Some(READ));
        assert_eq!(
            (&record.payload["text"], &record.payload["display"]),
            (&json!(READ), &json!(READ))
        );
    }
    assert_eq!(only(&log, READ, Outcome::Invoke).payload["args"]["display"], READ);
}

#[test]
fn hostile_characters_in_static_names_and_targets_read_back() {
    let log = capture();
    info_span!(target: "\u{0}\u{1b}[31m\u{7f}\u{2028}\"\\\n", "\u{1b}[0m\u{7f}\u{2028}\u{0}\"\\\r\n").in_scope(|| {});
    let invoke = only(&log, "\u{1b}[0m\u{7f}\u{2028}\u{FFFD}\"\\\r\n", Outcome::Invoke);
    assert_eq!(invoke.event_namespace, "\u{FFFD}\u{1b}[31m\u{7f}\u{2028}\"\\\n");
}

#[test]
fn odd_field_names_read_back() {
    let log = capture();
    info_span!(
        "run",
        "a \"quoted\" \u{1b}[1m\u{7f}\u{2028}\n\\ name" = 1,
        "args.{,:}" = 2,
        "args." = 3,
        "" = 4,
        "payload" = 5,
        "__more__" = 6,
        "invocation." = 7,
        r#type = 8,
    )
    .in_scope(|| {});
    let invoke = only(&log, "run", Outcome::Invoke);
    assert_eq!(invoke.payload["a \"quoted\" \u{1b}[1m\u{7f}\u{2028}\n\\ name"], 1);
    assert_eq!(invoke.payload["args"], json!({"{,:}": 2, "": 3}));
    assert_eq!((&invoke.payload[""], &invoke.payload["payload"]), (&json!(4), &json!(5)));
    assert_eq!(invoke.payload.len(), 7);
}

#[test]
fn of_two_fields_with_one_name_the_later_is_written() {
    let log = capture();
    let made = HandMade::new(["a", "b", "a", "args.a", "args.a", "z\u{0}", "z\u{FFFD}"]);
    let span = made.span([&1 as &dyn Value, &2, &"3,\"", &4, &5, &6, &7]);
    span.in_scope(|| {});
    span.record("a", "8,");
    drop(span);
    assert_eq!(
        json!(only(&log, "made", Outcome::Invoke).payload),
        json!({"a": "3,\"", "args": {"a": 5}, "b": 2, "z\u{FFFD}": 7})
    );
    assert_eq!(only(&log, "made", Outcome::Unknown).payload["a"], "8,");
    assert!(log.lines().iter().all(|line| line.matches("\"a\":").count() <= 2));
}

#[test]
fn numbers_that_readers_cannot_hold_are_texts_or_null() {
    let log = capture();
    info_span!(
        "run",
        u64 = u64::MAX,
        u128 = u128::MAX,
        i128 = i128::MIN,
        i64 = i64::MIN,
        nan = f64::NAN,
        inf = f64::INFINITY,
        ninf = f64::NEG_INFINITY,
        small = f64::MIN_POSITIVE,
        large = f64::MAX,
        zero = -0.0_f64,
    )
    .in_scope(|| {});
    assert_eq!(
        json!(only(&log, "run", Outcome::Invoke).payload),
        json!({
            "u64": "18446744073709551615",
            "u128": "340282366920938463463374607431768211455",
            "i128": "-170141183460469231731687303715884105728",
            "i64": i64::MIN,
            "nan": null,
            "inf": null,
            "ninf": null,
            "small": f64::MIN_POSITIVE,
            "large": f64::MAX,
            "zero": -0.0_f64,
        })
    );
}

#[test]
fn bytes_are_a_text_of_hexadecimal_digits() {
    let log = capture();
    let (short, long) = ([0_u8, 0x7f, 0xff], [0xab_u8; 101]);
    info_span!("run", short = &short[..], args.long = &long[..]).in_scope(|| {});
    let long = format!("{}...", "ab".repeat(100));
    assert_eq!(
        json!(only(&log, "run", Outcome::Invoke).payload),
        json!({"short": "007fff", "args": {"long": long}})
    );
}

#[test]
fn three_hundred_fields_are_written() {
    let log = capture();
    let made = HandMade::new((0..300).map(|at| format!("f{at}")));
    let numbers: Vec<i64> = (0..300).collect();
    let span = made.span(numbers.iter().map(|number| number as &dyn Value));
    span.in_scope(|| {});
    for at in 0..300 {
        span.record(&*format!("f{at}"), -at);
    }
    drop(span);
    for (record, sign) in log.records().iter().zip([1, -1]) {
        assert_eq!(record.payload.len(), 300);
        assert!((0..300).all(|at| record.payload[&format!("f{at}")] == sign * at));
    }
}

#[test]
fn values_for_fields_of_another_span_change_nothing() {
    let log = capture();
    let made = HandMade::new(["a", "b"]);
    let foreign =
        metadata("foreign", Kind::SPAN, Some(2), ["x".to_owned(), "invocation.name".to_owned()]);
    let span = made.span([&1 as &dyn Value, &2]);
    span.in_scope(|| {});
    span.record("unknown", 3);
    span.record_all(&foreign.fields().value_set_all(&[Some(&4 as &dyn Value), Some(&"other")]));
    drop(span);
    assert_eq!(json!(only(&log, "made", Outcome::Unknown).payload), json!({"a": 1, "b": 2}));
}

#[test]
fn an_event_from_nowhere_is_no_evidence_for_a_span_from_nowhere() {
    let log = capture();
    let span = metadata("made", Kind::SPAN, None, []);
    let error = metadata("error", Kind::EVENT, None, ["error".to_owned()]);
    let span = tracing::Span::new(span, &span.fields().value_set_all(&[]));
    span.in_scope(|| send(error, &"a program's own"));
    drop(span);
    log.assert_last("made").ended(Outcome::Unknown);
}
