//! Lines of presets, read back into native records.

use serde_json::{Map, Value};
use tracing_invocation::Record;

type Inverse = fn(Value) -> Record;

/// What reads the lines of a preset, by its name.
pub(super) const INVERSES: [(&str, Inverse); 5] = [
    ("ecs", ecs),
    ("google_cloud", google_cloud),
    ("otlp_json", otlp_json),
    ("bunyan", bunyan),
    ("datadog", datadog),
];

fn ecs(mut line: Value) -> Record {
    let mut record = taken(&mut line, "/invocation");
    let mut move_to = |key: &str, from: &str| put(&mut record, key, taken(&mut line, from));
    move_to("timestamp", "/@timestamp");
    move_to("level", "/log.level");
    move_to("event_namespace", "/log/logger");
    move_to("event_name", "/event/action");
    move_to("duration_ns", "/event/duration");
    move_to("trace_id", "/trace/id");
    move_to("span_id", "/span/id");
    put_error(&mut record, taken(&mut line, "/error/type"), taken(&mut line, "/error/message"));
    read(record)
}

fn google_cloud(mut line: Value) -> Record {
    let mut record = taken(&mut line, "/invocation");
    let labels = taken(&mut line, "/logging.googleapis.com~1labels");
    record.as_object_mut().unwrap().extend(labels.as_object().unwrap().clone());
    let mut operation = taken(&mut line, "/logging.googleapis.com~1operation");
    put(&mut record, "timestamp", taken(&mut line, "/time"));
    put(&mut record, "event_namespace", taken(&mut operation, "/producer"));
    let id = taken(&mut operation, "/id");
    let (trace_id, span_id) = id.as_str().unwrap().split_once('/').unwrap();
    put(&mut record, "trace_id", trace_id.into());
    put(&mut record, "span_id", span_id.into());
    read(record)
}

fn otlp_json(mut line: Value) -> Record {
    let mut scope = taken(&mut line, "/resourceLogs/0/scopeLogs/0");
    let mut log = taken(&mut scope, "/logRecords/0");
    let mut record = Value::Object(Map::new());
    let nanos: u64 = taken(&mut log, "/timeUnixNano").as_str().unwrap().parse().unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(nanos);
    put(&mut record, "timestamp", humantime::format_rfc3339_micros(time).to_string().into());
    put(&mut record, "level", taken(&mut log, "/severityText"));
    put(&mut record, "event_namespace", taken(&mut scope, "/scope/name"));
    put(&mut record, "event_name", taken(&mut log, "/eventName"));
    put(&mut record, "trace_id", taken(&mut log, "/traceId"));
    put(&mut record, "span_id", taken(&mut log, "/spanId"));
    let mut attributes = members(taken(&mut log, "/attributes"));
    let mut attribute = |key: &str| attributes.remove(key).unwrap_or_default();
    let error = ["exception.type", "exception.message"].map(&mut attribute);
    for key in [
        "event_outcome",
        "entity_id",
        "parent_span_id",
        "duration_ns",
        "payload_truncated",
        "payload",
    ] {
        put(&mut record, key, attribute(&format!("invocation.{key}")));
    }
    assert!(attributes.is_empty(), "{attributes:?}");
    let [kind, message] = error;
    put_error(&mut record, kind, message);
    read(record)
}

fn bunyan(mut line: Value) -> Record {
    let mut record = taken(&mut line, "/invocation");
    put(&mut record, "timestamp", taken(&mut line, "/time"));
    let level = line["level"].as_u64().unwrap() / 10 - 1;
    let word = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"][usize::try_from(level).unwrap()];
    put(&mut record, "level", word.into());
    put_error(&mut record, taken(&mut line, "/err/name"), taken(&mut line, "/err/message"));
    read(record)
}

fn datadog(mut line: Value) -> Record {
    let mut record = taken(&mut line, "/invocation");
    let mut move_to = |key: &str, from: &str| put(&mut record, key, taken(&mut line, from));
    move_to("timestamp", "/timestamp");
    move_to("event_namespace", "/logger/name");
    move_to("event_name", "/evt/name");
    move_to("duration_ns", "/duration");
    put(&mut record, "level", line["status"].as_str().unwrap().to_uppercase().into());
    put_error(&mut record, taken(&mut line, "/error/kind"), taken(&mut line, "/error/message"));
    read(record)
}

/// What stands there, and nothing from now on; nothing where nothing does.
fn taken(value: &mut Value, pointer: &str) -> Value {
    value.pointer_mut(pointer).map(Value::take).unwrap_or_default()
}

fn put(record: &mut Value, key: &str, value: Value) {
    if !value.is_null() {
        record[key] = value;
    }
}

/// Puts an error back where it stood: its type and its message, if it has them.
fn put_error(record: &mut Value, kind: Value, message: Value) {
    if !kind.is_null() {
        record["payload"]["error"]["type"] = kind;
        record["payload"]["error"]["message"] = message;
    }
}

fn read(mut record: Value) -> Record {
    // Beyond the range of `i64` a number is a text.
    if let Some(digits) = record["duration_ns"].as_str() {
        record["duration_ns"] = digits.parse::<u64>().unwrap().into();
    }
    if record["duration_ns"].is_null() {
        record.as_object_mut().unwrap().remove("duration_ns");
    }
    serde_json::from_value(record).unwrap()
}

/// Keys and values of OTLP as an object.
fn members(list: Value) -> Map<String, Value> {
    let Value::Array(list) = list else { panic!("not a list: {list}") };
    let pairs = list.into_iter().map(|mut pair| {
        let key = taken(&mut pair, "/key").as_str().unwrap().to_owned();
        (key, plain(taken(&mut pair, "/value")))
    });
    let count = pairs.len();
    let members: Map<_, _> = pairs.collect();
    assert_eq!(members.len(), count, "a key is there twice");
    members
}

/// A value of OTLP as a value.
fn plain(value: Value) -> Value {
    let Value::Object(value) = value else { panic!("not a value: {value}") };
    assert!(value.len() <= 1, "{value:?}");
    let Some((kind, mut value)) = value.into_iter().next() else { return Value::Null };
    match kind.as_str() {
        "stringValue" | "boolValue" => value,
        "intValue" => value.as_str().unwrap().parse::<i64>().unwrap().into(),
        "doubleValue" => value.as_f64().unwrap().into(),
        "arrayValue" => match taken(&mut value, "/values") {
            Value::Array(values) => values.into_iter().map(plain).collect(),
            other => panic!("not a list: {other}"),
        },
        "kvlistValue" => members(taken(&mut value, "/values")).into(),
        other => panic!("no kind of value: {other}"),
    }
}
