//! Round trips: a line of any format is read back as the same record.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use tracing_invocation::format::{Ecs, Format, GoogleCloud, OtlpJson};
use tracing_invocation::{Level, Outcome, Record, SpanId, TraceId};

use crate::line::{self, Kind};
use crate::outline::Outline;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300_f64).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z.]{1,5}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn payload(outcome: Outcome) -> impl Strategy<Value = Map<String, Value>> {
    let context = prop::collection::btree_map("[a-z]{1,6}", value(), 0..3);
    (context, any::<bool>(), "\\PC{0,12}").prop_map(move |(context, is_told, text)| {
        let mut payload: Map<String, Value> = context.into_iter().collect();
        match outcome {
            Outcome::Failed if is_told => {
                let error = json!({ "type": "E", "message": text, "details": { "lost": 3 } });
                payload.insert("error".into(), error);
            }
            Outcome::Cancelled => {
                payload.insert("cancelled".into(), true.into());
                payload.insert("error".into(), json!({ "type": "cancelled", "message": text }));
                if is_told {
                    payload.insert("cancellation".into(), json!({ "cause": "timeout" }));
                }
            }
            _ => {}
        }
        payload
    })
}

pub(crate) fn record() -> impl Strategy<Value = Record> {
    let outcome = prop::sample::select(&Outcome::ALL[..]);
    let level = prop::sample::select(
        &[Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error][..],
    );
    let names = ("\\PC{0,12}", "\\PC{0,12}", prop::option::of("\\PC{0,8}"));
    let ids = (1..=u128::MAX, 1..=u64::MAX, prop::option::of(1..=u64::MAX));
    let times = (0..4_000_000_000_000_000_u64, prop::option::of(0..1_u64 << 62));
    (outcome, level, names, ids, times).prop_flat_map(|(outcome, level, names, ids, times)| {
        payload(outcome).prop_map(move |payload| Record {
            timestamp: SystemTime::UNIX_EPOCH + Duration::from_micros(times.0),
            level,
            event_namespace: names.0.clone(),
            event_name: names.1.clone(),
            event_outcome: outcome,
            entity_id: names.2.clone(),
            trace_id: TraceId::new(ids.0).unwrap(),
            span_id: SpanId::new(ids.1).unwrap(),
            parent_span_id: ids.2.and_then(SpanId::new),
            duration_ns: times.1.filter(|_| outcome != Outcome::Invoke),
            payload_truncated: false,
            payload,
        })
    })
}

/// Returns the records on a line.
fn read(line: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let kind = line::read(line, &mut |record| records.push(record));
    assert_eq!(kind, Kind::Records(records.len()), "{}", String::from_utf8_lossy(line));
    records
}

proptest! {
    #[test]
    fn a_record_in_any_format_round_trips(record in record()) {
        let formats: [&dyn Format; 3] = [
            &Ecs::new().with_service("shop"),
            &GoogleCloud::new().with_project("p"),
            &OtlpJson::new("shop"),
        ];
        for format in formats {
            let mut line = Vec::new();
            format.format(&record, &mut line);
            prop_assert_eq!(&read(&line), std::slice::from_ref(&record), "{}", String::from_utf8_lossy(&line));
        }
    }

    #[test]
    fn an_outline_agrees_with_its_record(record in record()) {
        let line = serde_json::to_string(&record).unwrap();
        let outline: Outline<'_> = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(outline, Outline::from(record));
    }

    #[test]
    fn every_line_that_parses_as_an_outline_parses_as_a_record(
        record in record(),
        key in prop::sample::select(&tracing_invocation::convention::key::ALL[..]),
        instead in prop::option::of(value()),
        within in prop::option::of(prop::sample::select(&["error", "cancellation", "unknown_reason"][..])),
    ) {
        let mut object = serde_json::to_value(&record).unwrap();
        let changed = match within {
            Some(member) => object["payload"].as_object_mut().unwrap().entry(member).or_insert(Value::Null),
            None => object.as_object_mut().unwrap().entry(key).or_insert(Value::Null),
        };
        match instead {
            Some(value) => *changed = value,
            None if within.is_none() => drop(object.as_object_mut().unwrap().remove(key)),
            None => {}
        }
        let line = object.to_string();
        let mut outlines = Vec::new();
        line::read(line.as_bytes(), &mut |outline: Outline<'_>| outlines.push(outline));
        let expected = Record::deserialize(object).ok().map(Outline::from);
        prop_assert_eq!(outlines, Vec::from_iter(expected));
    }
}

#[test]
fn a_batch_of_a_collector_is_several_records_without_those_of_other_programs() {
    let batch = json!({ "resourceLogs": [{ "scopeLogs": [{ "scope": { "name": "shop" }, "logRecords": [
        { "timeUnixNano": "1795795200000000000", "severityText": "DEBUG", "eventName": "charge",
          "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7",
          "attributes": [{ "key": "invocation.event_outcome", "value": { "stringValue": "invoke" } }] },
        { "timeUnixNano": "1795795200000000000", "body": { "stringValue": "hello" } },
        { "timeUnixNano": 1_795_795_201_000_000_000_u64, "severityText": "DEBUG", "eventName": "charge",
          "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7",
          "attributes": [{ "key": "invocation.event_outcome", "value": { "stringValue": "success" } },
                         { "key": "invocation.duration_ns", "value": { "intValue": "1000000000" } }] },
    ] }] }] });
    let [invoke, success] = &read(batch.to_string().as_bytes())[..] else { panic!("two are ours") };
    assert_eq!((invoke.event_outcome, success.event_outcome), (Outcome::Invoke, Outcome::Success));
    assert_eq!(success.duration_ns, Some(1_000_000_000));
    assert_eq!(success.timestamp.duration_since(invoke.timestamp).unwrap(), Duration::from_secs(1));
}

#[test]
fn an_ecs_line_with_nested_keys_is_read() {
    let line = json!({
        "@timestamp": "2026-11-27T08:00:00.000001Z", "log": { "level": "ERROR", "logger": "shop" },
        "event": { "action": "charge", "outcome": "failure", "duration": 5 },
        "trace": { "id": "4bf92f3577b34da6a3ce929d0e0e4736" }, "span": { "id": "00f067aa0ba902b7" },
        "error": { "type": "Declined", "message": "no funds" },
        "invocation": { "event_outcome": "failed" }
    });
    let [record] = &read(line.to_string().as_bytes())[..] else { panic!("it is ours") };
    assert_eq!(record.level, Level::Error);
    assert_eq!(record.payload["error"], json!({ "type": "Declined", "message": "no funds" }));
}
