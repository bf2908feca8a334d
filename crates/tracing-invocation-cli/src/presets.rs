//! Converts lines of other formats to native objects: the inverse of `tracing_invocation::format`.
//!
//! Log shippers may turn dotted keys into nested objects and the other way round. Both spellings are accepted.

mod ecs;
mod google_cloud;
mod otlp_json;
#[cfg(test)]
pub(crate) mod tests;

use serde_json::{Map, Value};
use tracing_invocation::convention::{error, key, payload};

/// The key under which presets keep native keys that their schema does not define.
const REST: &str = "invocation";

/// The keys under which log collectors keep the original line: Docker, Fluent Bit and Vector, journald.
const WRAPPED: [&str; 3] = ["log", "message", "MESSAGE"];

/// Returns the objects with the keys of a native record in an object of any format; `None` if another program wrote it.
pub(crate) fn natives(line: Value) -> Option<Vec<Value>> {
    unwrapped(line)
        .or_else(|line| {
            let inner = WRAPPED.iter().find_map(|key| line.get(key)?.as_str());
            let inner = inner.and_then(|inner| serde_json::from_str(inner.trim()).ok());
            inner.ok_or(line).and_then(unwrapped)
        })
        .ok()
}

fn unwrapped(line: Value) -> Result<Vec<Value>, Value> {
    let is_native = [key::EVENT_OUTCOME, key::TRACE_ID, key::SPAN_ID];
    if is_native.iter().all(|key| line.get(key).is_some()) {
        return Ok(vec![line]);
    }
    let records = otlp_json::natives(&line).filter(|records| !records.is_empty());
    let native = || {
        at(&line, REST)?;
        ecs::native(&line).or_else(|| google_cloud::native(&line)).map(|native| vec![native])
    };
    records.or_else(native).ok_or(line)
}

/// Looks up a dotted path. Each dot may separate two levels, or be a part of a key.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    let dots = path.match_indices('.').map(|(dot, _)| dot);
    dots.rev().find_map(|dot| at(value.get(&path[..dot])?, &path[dot + 1..]))
}

/// A native object under construction.
#[derive(Default)]
struct Native(Map<String, Value>);

impl Native {
    /// Starts with the keys that a preset keeps by their native names.
    fn of_rest(line: &Value) -> Self {
        Self(at(line, REST).and_then(Value::as_object).cloned().unwrap_or_default())
    }

    fn put(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), value.into());
        }
    }

    /// Adds the type and the message of `payload.error`.
    fn put_error(&mut self, kind: Option<&Value>, message: Option<&Value>) {
        if kind.is_none() && message.is_none() {
            return;
        }
        let object = || Value::Object(Map::new());
        let payload = self.0.entry(key::PAYLOAD).or_insert_with(object);
        let Some(payload) = payload.as_object_mut() else { return };
        let error = payload.entry(payload::ERROR).or_insert_with(object);
        let Some(members) = error.as_object_mut() else { return };
        for (key, value) in [(error::TYPE, kind), (error::MESSAGE, message)] {
            if let Some(value) = value {
                members.insert(key.to_owned(), value.clone());
            }
        }
    }

    fn done(mut self) -> Value {
        self.0.entry(key::PAYLOAD).or_insert_with(|| Value::Object(Map::new()));
        Value::Object(self.0)
    }
}
