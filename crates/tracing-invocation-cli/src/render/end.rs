//! Describes in words why an operation failed, was cancelled or is slow.

use serde_json::Value;
use tracing_invocation::convention::{cancellation, error, payload, slow};
use tracing_invocation::format::lasted;
use tracing_invocation::{Outcome, SpanId};

use crate::model::Payload;

/// The error of an operation, or the reason for its cancellation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The type of the error, unless it is the generic one.
    pub(crate) kind: Option<String>,
    /// The message of the error, or the reason for the cancellation.
    pub(crate) text: String,
}

/// Describes the end of an operation; `None` if its record has no error or reason of its own.
///
/// `name` looks up the name of an operation.
pub(crate) fn end(
    outcome: Outcome,
    told: &Payload,
    name: impl Fn(SpanId) -> Option<String>,
) -> Option<Reason> {
    match outcome {
        Outcome::Failed => error(told),
        Outcome::Cancelled => {
            let error = error(told).filter(|error| !is_generic(error));
            let why = why(told, name);
            match (error, why) {
                (Some(error), Some(why)) => {
                    Some(Reason { text: format!("{}; {why}", error.text), ..error })
                }
                (error, why) => error.or(why.map(|text| Reason { kind: None, text })),
            }
        }
        Outcome::Unknown => {
            let text = told.get(payload::UNKNOWN_REASON)?.as_str()?.to_owned();
            Some(Reason { kind: None, text })
        }
        _ => None,
    }
}

fn error(told: &Payload) -> Option<Reason> {
    let told = told.get(payload::ERROR)?.as_object()?;
    let text = |key| told.get(key).and_then(Value::as_str);
    let kind = text(error::TYPE).filter(|kind| *kind != error::TYPE_OPAQUE);
    let mut message = text(error::MESSAGE).unwrap_or_default().to_owned();
    if let Some(location) = text(error::LOCATION) {
        message.push_str(" at ");
        message.push_str(location);
    }
    if kind.is_none() && message.is_empty() {
        return None;
    }
    Some(Reason { kind: kind.map(str::to_owned), text: message })
}

/// Returns `true` for the generic error that every cancellation by drop has.
fn is_generic(error: &Reason) -> bool {
    error.kind.as_deref() == Some(error::TYPE_CANCELLED) && error.text == error::MESSAGE_CANCELLED
}

/// Describes the reason for a cancellation, and what the operation was waiting for.
fn why(told: &Payload, name: impl Fn(SpanId) -> Option<String>) -> Option<String> {
    let told = told.get(payload::CANCELLATION)?.as_object()?;
    let text = |key: &str| told.get(key).and_then(Value::as_str);
    let words = |cause: &str| cause.replace('_', " ");
    let mut why = match text(cancellation::SPAN_ID).and_then(|id| id.parse().ok()) {
        Some(parent) => format!("because {} was", name(parent).unwrap_or_else(|| short(parent))),
        None => words(text(cancellation::CAUSE)?),
    };
    let mut add = |before: &str, text: Option<&str>| {
        for part in text.map(|text| [before, text]).into_iter().flatten() {
            why.push_str(part);
        }
    };
    add(": ", text(cancellation::PARENT_CAUSE).map(words).as_deref());
    add(": ", text(cancellation::REASON));
    add(" at ", text(cancellation::DROPPED_AT));
    for wait in told.get(cancellation::AWAITING).and_then(Value::as_array).into_iter().flatten() {
        let on = wait.get(cancellation::ON).and_then(Value::as_str);
        let chain = wait.get(cancellation::CHAIN).and_then(Value::as_array);
        add(", waiting for ", on.or(Some("something")));
        add(" at ", chain.and_then(|chain| chain.last()?.as_str()));
    }
    Some(why)
}

/// Describes what took too long, from the payload of a `slow` record.
pub(crate) fn slow(told: &Payload) -> Option<String> {
    let told = told.get(payload::SLOW)?;
    let time = |key| Some(lasted(told.get(key)?.as_u64()?));
    let of_poll = || {
        let (poll, limit) = (time(slow::POLL_NS)?, time(slow::LIMIT_NS)?);
        Some(format!("one poll took {poll}, more than {limit}"))
    };
    of_poll().or_else(|| Some(format!("expected to take {}", time(slow::EXPECTED_NS)?)))
}

/// Returns the end of an id, as `Pretty` prints it.
pub(crate) fn short(id: SpanId) -> String {
    format!("#{:06x}", id.get() & 0xff_ffff)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(outcome: Outcome, payload: Value) -> String {
        let Value::Object(payload) = payload else { unreachable!("a payload is an object") };
        let name = |id: SpanId| (id.get() == 7).then(|| "shop order".to_owned());
        match end(outcome, &payload, name) {
            Some(Reason { kind: Some(kind), text }) => format!("{kind}: {text}"),
            Some(Reason { kind: None, text }) => text,
            None => "-".to_owned(),
        }
    }

    #[test]
    fn an_error_shows_its_type_and_message() {
        let error = |error| described(Outcome::Failed, json!({ "error": error }));
        assert_eq!(error(json!({"type": "Declined", "message": "no funds"})), "Declined: no funds");
        assert_eq!(error(json!({"type": "error", "message": "no funds"})), "no funds");
        let panic = json!({"type": "panic", "message": "oh", "location": "a.rs:1:2"});
        assert_eq!(error(panic), "panic: oh at a.rs:1:2");
        for strange in [json!({}), json!(7), json!({"type": 1, "message": []})] {
            assert_eq!(error(strange), "-");
        }
    }

    #[test]
    fn a_cancellation_shows_its_cause_and_what_was_awaited() {
        let dropped = json!({"type": "cancelled", "message": "dropped before completion"});
        let cancelled = |why| {
            described(
                Outcome::Cancelled,
                json!({"error": dropped, "cancelled": true, "cancellation": why}),
            )
        };
        let waits = json!([{"on": "Mutex::lock", "chain": ["a.rs:1", "a.rs:2"]}, {"chain": []}]);
        let timeout = json!({"cause": "timeout", "dropped_at": "a.rs:7", "awaiting": waits});
        assert_eq!(
            cancelled(timeout),
            "timeout at a.rs:7, waiting for Mutex::lock at a.rs:2, waiting for something"
        );
        let parent =
            |id| json!({"cause": "parent", "span_id": id, "parent_cause": "sibling_failed"});
        assert_eq!(cancelled(parent("0000000000000007")), "because shop order was: sibling failed");
        assert_eq!(cancelled(parent("00f067aa0ba902b8")), "because #a902b8 was: sibling failed");
        assert_eq!(cancelled(json!({"cause": "dropped", "reason": "full"})), "dropped: full");
        assert_eq!(cancelled(json!({"cause": 1})), "-");
        let join = json!({"error": {"type": "JoinError", "message": "task 3"}});
        assert_eq!(described(Outcome::Cancelled, join), "JoinError: task 3");
    }
}
