//! Reads Elastic Common Schema, as `tracing_invocation::format::Ecs` writes it.

use serde_json::Value;
use tracing_invocation::convention::key;

use super::{Native, at};

pub(super) fn native(line: &Value) -> Option<Value> {
    let time = at(line, "@timestamp")?;
    let mut native = Native::of_rest(line);
    native.put(key::TIMESTAMP, Some(time.clone()));
    for (key, path) in [
        (key::LEVEL, "log.level"),
        (key::EVENT_NAMESPACE, "log.logger"),
        (key::EVENT_NAME, "event.action"),
        (key::DURATION_NS, "event.duration"),
        (key::TRACE_ID, "trace.id"),
        (key::SPAN_ID, "span.id"),
    ] {
        native.put(key, at(line, path).cloned());
    }
    native.put_error(at(line, "error.type"), at(line, "error.message"));
    Some(native.done())
}
