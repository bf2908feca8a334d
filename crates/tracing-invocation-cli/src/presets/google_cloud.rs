//! Reads Google Cloud's structured logs, as `tracing_invocation::format::GoogleCloud` writes them.

use serde_json::Value;
use tracing_invocation::convention::key;

use super::{Native, at};

pub(super) fn native(line: &Value) -> Option<Value> {
    let operation = line.get("logging.googleapis.com/operation")?;
    let id = operation.get("id").and_then(Value::as_str);
    let (trace_id, span_id) = id.and_then(|id| id.split_once('/')).unzip();
    let mut native = Native::of_rest(line);
    native.put(key::TIMESTAMP, line.get("time").cloned());
    native.put(key::EVENT_NAMESPACE, operation.get("producer").cloned());
    native.put(key::TRACE_ID, trace_id);
    native.put(key::SPAN_ID, span_id);
    if let Some(labels) = line.get("logging.googleapis.com/labels") {
        for key in [key::EVENT_NAME, key::EVENT_OUTCOME, key::ENTITY_ID] {
            native.put(key, at(labels, key).cloned());
        }
    }
    Some(native.done())
}
