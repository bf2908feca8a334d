//! Records in the words of OTLP.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use serde_json::{Map, Value};
use tracing_invocation::convention::{error, payload};
use tracing_invocation::{Level, Record};

use crate::attribute;

/// A record as OTLP has it.
pub(crate) fn log_record(record: Record) -> LogRecord {
    let time = nanoseconds(record.timestamp);
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        severity_number: severity(record.level).into(),
        severity_text: record.level.as_str().to_owned(),
        body: Some(any(Any::StringValue(sentence(&record)))),
        trace_id: record.trace_id.get().to_be_bytes().to_vec(),
        span_id: record.span_id.get().to_be_bytes().to_vec(),
        event_name: record.event_name.clone(),
        attributes: attributes(record),
        ..LogRecord::default()
    }
}

/// An attribute that is a text.
pub(crate) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    key_value(key, any(Any::StringValue(value.into())))
}

fn attributes(record: Record) -> Vec<KeyValue> {
    let mut attributes = vec![
        text(attribute::NAMESPACE, record.event_namespace),
        text(attribute::OUTCOME, record.event_outcome.as_str()),
    ];
    attributes.extend(record.entity_id.map(|id| text(attribute::ENTITY_ID, id)));
    let parent = record.parent_span_id;
    attributes.extend(parent.map(|id| text(attribute::PARENT_SPAN_ID, id.to_string())));
    attributes.extend(record.duration_ns.map(|duration| {
        let duration = i64::try_from(duration).unwrap_or(i64::MAX);
        key_value(attribute::DURATION_NS, any(Any::IntValue(duration)))
    }));
    if record.payload_truncated {
        attributes.push(key_value(attribute::PAYLOAD_TRUNCATED, any(Any::BoolValue(true))));
    }
    attributes.push(key_value(attribute::PAYLOAD, object(record.payload)));
    attributes
}

/// What happened, for a person.
fn sentence(record: &Record) -> String {
    let message = record.payload.get(payload::ERROR).and_then(|error| error.get(error::MESSAGE));
    let (name, outcome) = (&record.event_name, record.event_outcome);
    match message.and_then(Value::as_str) {
        Some(message) => format!("{name} {outcome}: {message}"),
        None => format!("{name} {outcome}"),
    }
}

fn severity(level: Level) -> SeverityNumber {
    match level {
        Level::Trace => SeverityNumber::Trace,
        Level::Debug => SeverityNumber::Debug,
        Level::Info => SeverityNumber::Info,
        Level::Warn => SeverityNumber::Warn,
        Level::Error => SeverityNumber::Error,
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn value(value: Value) -> AnyValue {
    let value = match value {
        // OTLP's null is a value that says nothing.
        Value::Null => return AnyValue { value: None },
        Value::Bool(value) => Any::BoolValue(value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Any::IntValue(integer),
            (None, Some(float)) => Any::DoubleValue(float),
            (None, None) => Any::StringValue(number.to_string()),
        },
        Value::String(text) => Any::StringValue(text),
        Value::Array(values) => {
            Any::ArrayValue(ArrayValue { values: values.into_iter().map(self::value).collect() })
        }
        Value::Object(members) => return object(members),
    };
    any(value)
}

fn object(members: Map<String, Value>) -> AnyValue {
    let values = members.into_iter().map(|(key, member)| key_value(&key, value(member))).collect();
    any(Any::KvlistValue(KeyValueList { values }))
}

fn any(value: Any) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn key_value(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}
