//! What holds for every record.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::{collection, option, sample};
use serde_json::{Map, Value};
use tracing_invocation::convention::payload;
use tracing_invocation::format::{Format, OtlpJson};
use tracing_invocation::{Level, Outcome, Record, SpanId, TraceId};

use super::inverse::INVERSES;
use super::limits::AT_MOST;
use super::{presets, strict, written};

/// Any text but U+0000, which no record holds.
fn text() -> impl Strategy<Value = String> {
    let character = any::<char>().prop_map(|c| if c == '\0' { ' ' } else { c });
    let any = collection::vec(character, 0..12).prop_map(String::from_iter);
    prop_oneof![3 => "[a-z.]{0,8}", 1 => any, 1 => "\\PC{190,210}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 24, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::hash_map(text(), inner, 0..4)
                .prop_map(|members| Value::from(Map::from_iter(members))),
        ]
    })
}

/// An error as records have it, and values that are none.
fn error() -> impl Strategy<Value = Value> {
    let part = || prop_oneof![4 => text().prop_map(Value::from), 1 => value()];
    let told = (option::weighted(0.9, part()), option::weighted(0.9, part()), option::of(value()));
    let told = told.prop_map(|(kind, message, details)| {
        let members = [("type", kind), ("message", message), ("details", details)];
        let members = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Object(members.collect())
    });
    prop_oneof![4 => told, 1 => value()]
}

fn payloads() -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![sample::select(&payload::RESERVED[..]).prop_map(str::to_owned), text()];
    let members = collection::hash_map(key, value(), 0..5);
    (members, option::of(error())).prop_map(|(mut members, error)| {
        members.extend(error.map(|error| (payload::ERROR.to_owned(), error)));
        Map::from_iter(members)
    })
}

fn records() -> impl Strategy<Value = Record> {
    const LEVELS: [Level; 5] = [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error];
    let names = (text(), text(), option::of(text()));
    let ids = (any::<u128>(), any::<u64>(), option::of(any::<u64>()));
    // The nanoseconds of OTLP end with the year 2554.
    let times = (0..=u64::MAX / 1_000, option::of(any::<u64>()));
    let words = (sample::select(&LEVELS[..]), sample::select(&Outcome::ALL[..]), any::<bool>());
    (names, ids, times, words, payloads()).prop_map(|(names, ids, times, words, payload)| Record {
        timestamp: SystemTime::UNIX_EPOCH + Duration::from_micros(times.0),
        level: words.0,
        event_namespace: names.0,
        event_name: names.1,
        event_outcome: words.1,
        entity_id: names.2,
        trace_id: TraceId::new(ids.0).unwrap_or(TraceId::new(1).unwrap()),
        span_id: SpanId::new(ids.1).unwrap_or(SpanId::new(1).unwrap()),
        parent_span_id: ids.2.and_then(SpanId::new),
        duration_ns: times.1,
        payload_truncated: words.2,
        payload,
    })
}

/// One line, and no key twice in it.
fn read(line: &str) -> Value {
    let line = line.strip_suffix('\n').unwrap();
    assert!(!line.contains(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c)), "{line:?}");
    strict::read(line)
}

proptest! {
    #[test]
    fn a_line_is_one_object_with_no_key_twice_and_says_the_outcome_and_the_ids(record in records()) {
        for (name, format) in presets() {
            let line = written(&*format, &record);
            let object = read(&line);
            prop_assert!(object.is_object());
            let outcome = match name {
                "google_cloud" => "/logging.googleapis.com~1labels/event_outcome",
                "otlp_json" => "/resourceLogs/0/scopeLogs/0/logRecords/0/attributes/0/value/stringValue",
                _ => "/invocation/event_outcome",
            };
            prop_assert_eq!(object.pointer(outcome).unwrap(), record.event_outcome.as_str());
            let ids = [Some(record.trace_id.to_string()), Some(record.span_id.to_string())];
            let parent = record.parent_span_id.map(|parent| parent.to_string());
            for id in ids.into_iter().chain([parent]).flatten() {
                prop_assert!(line.contains(&id), "{} of {}", id, line);
            }
        }
    }

    #[test]
    fn a_line_reads_back_into_the_record_that_it_was(record in records()) {
        for ((name, format), (of, inverse)) in presets().into_iter().zip(INVERSES) {
            prop_assert_eq!(of, name);
            prop_assert_eq!(&inverse(read(&written(&*format, &record))), &record, "{}", name);
        }
    }

    #[test]
    fn a_line_is_longer_by_no_more_than_the_docs_say(record in records()) {
        let native = escaped(&serde_json::to_string(&record).unwrap());
        for ((name, format), (of, adds, times)) in presets().into_iter().zip(AT_MOST) {
            prop_assert_eq!(of, name);
            let line = written(&*format, &record);
            let message = match name {
                "otlp_json" => "/resourceLogs/0/scopeLogs/0/logRecords/0/body/stringValue",
                "bunyan" => "/msg",
                _ => "/message",
            };
            let message = escaped(&read(&line).pointer(message).unwrap().to_string());
            let most = times * native + adds + message;
            prop_assert!(line.len() <= most, "{} wrote {} of {}", name, line.len(), native);
        }
    }
}

/// The length of JSON as this crate writes it, which escapes more.
fn escaped(json: &str) -> usize {
    let is_escaped = |c: &char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    json.len() + json.chars().filter(is_escaped).map(|c| 6 - c.len_utf8()).sum::<usize>()
}

#[test]
fn values_nest_as_deep_as_readers_go() {
    let nested = |levels: usize| (0..levels).fold(Value::from(7), |inner, _| vec![inner].into());
    let line_of = |value: Value| {
        let mut record: Record =
            serde_json::from_str(super::RECORDS.lines().next().unwrap()).unwrap();
        record.payload = Map::from_iter([("value".to_owned(), value)]);
        let mut line = Vec::new();
        OtlpJson::new("shop").format(&record, &mut line);
        let (_, otlp_json) = INVERSES[2];
        otlp_json(read(&String::from_utf8(line).unwrap())).payload.remove("value").unwrap()
    };
    assert_eq!(line_of(nested(19)), nested(19));
    let deep = line_of(nested(60));
    let inmost = (0..19).fold(&deep, |value, _| &value[0]).as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(inmost).unwrap(), nested(41));
}

#[test]
fn no_time_makes_a_format_panic() {
    let mut record: Record = serde_json::from_str(super::RECORDS.lines().next().unwrap()).unwrap();
    let far = Duration::from_secs(300_000_000_000);
    for time in [SystemTime::UNIX_EPOCH - far, SystemTime::UNIX_EPOCH + far] {
        record.timestamp = time;
        for (_, format) in presets() {
            read(&written(&*format, &record));
        }
    }
}
