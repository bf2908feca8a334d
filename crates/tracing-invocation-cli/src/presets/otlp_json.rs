//! Reads OTLP in its JSON encoding, as `tracing_invocation::format::OtlpJson` or a batching OpenTelemetry Collector writes it.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};
use tracing_invocation::convention::key;

use super::Native;

/// The prefix of attributes that hold native keys.
const PREFIX: &str = "invocation.";

/// Returns the records of this library on a line; `None` if the line is not OTLP.
pub(super) fn natives(line: &Value) -> Option<Vec<Value>> {
    let resources = line.get("resourceLogs")?.as_array()?;
    let scopes = resources.iter().flat_map(|resource| list(resource, "scopeLogs"));
    let logs = scopes.flat_map(|scope| {
        let namespace = scope.get("scope").and_then(|scope| scope.get("name"));
        list(scope, "logRecords").iter().filter_map(move |log| native(namespace, log))
    });
    Some(logs.collect())
}

fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn native(namespace: Option<&Value>, log: &Value) -> Option<Value> {
    let attributes = members(list(log, "attributes"));
    let mut native = Native::default();
    for (key, value) in &attributes {
        if let Some(key) = key.strip_prefix(PREFIX) {
            native.put(key, Some(value.clone()));
        }
    }
    native.0.get(key::EVENT_OUTCOME)?;
    native.put(key::TIMESTAMP, log.get("timeUnixNano").and_then(time));
    native.put(key::EVENT_NAMESPACE, namespace.cloned());
    for (key, name) in [
        (key::LEVEL, "severityText"),
        (key::EVENT_NAME, "eventName"),
        (key::TRACE_ID, "traceId"),
        (key::SPAN_ID, "spanId"),
    ] {
        native.put(key, log.get(name).cloned());
    }
    native.put_error(attributes.get("exception.type"), attributes.get("exception.message"));
    Some(native.done())
}

/// Converts nanoseconds since the epoch, which Protobuf's JSON encodes as a string.
fn time(nanos: &Value) -> Option<String> {
    let nanos = integer(nanos)?.as_u64()?;
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))?;
    Some(humantime::format_rfc3339_micros(time).to_string())
}

fn members(pairs: &[Value]) -> Map<String, Value> {
    let pair =
        |pair: &Value| Some((pair.get("key")?.as_str()?.to_owned(), value(pair.get("value")?)));
    pairs.iter().filter_map(pair).collect()
}

/// Converts an `AnyValue` to a plain JSON value.
fn value(any: &Value) -> Value {
    let Some((kind, value)) = any.as_object().and_then(|any| any.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "intValue" => integer(value).unwrap_or_default(),
        "arrayValue" => list(value, "values").iter().map(self::value).collect(),
        "kvlistValue" => members(list(value, "values")).into(),
        _ => value.clone(),
    }
}

fn integer(value: &Value) -> Option<Value> {
    match value {
        Value::String(digits) => {
            let signed = digits.parse::<i64>().map(Value::from);
            signed.or_else(|_| digits.parse::<u64>().map(Value::from)).ok()
        }
        Value::Number(_) => Some(value.clone()),
        _ => None,
    }
}
