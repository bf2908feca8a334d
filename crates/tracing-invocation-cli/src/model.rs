//! Assembles operations from their records, in any order, and arranges them as trees.

mod forest;
mod gathering;
mod losses;

pub(crate) use forest::{Forest, Trace};
pub(crate) use gathering::{Gatherer, Gathering};
pub(crate) use losses::lost;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};
use tracing_invocation::convention::{cancellation, error, payload};
use tracing_invocation::{Outcome, SpanId, TraceId};

/// The payload of a record.
pub(crate) type Payload = Map<String, Value>;

/// An operation, as far as its records are in the log.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent_span_id: Option<SpanId>,
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) entity_id: Option<Box<str>>,
    /// The time and the payload of its `invoke` record.
    pub(crate) invoke: Option<(SystemTime, Payload)>,
    /// The time and the payload of its `slow` records. Sorted by time once the operation is in a [`Trace`].
    pub(crate) slow: Vec<(SystemTime, Payload)>,
    /// When it began, according to its `slow` records.
    pub(crate) slow_since: Option<SystemTime>,
    /// Its end. Of several, the earliest.
    pub(crate) end: Option<End>,
}

/// The end of an operation.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) at: SystemTime,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Option<Duration>,
    pub(crate) payload: Payload,
}

impl Operation {
    /// Returns when it began: at its `invoke`, or else as computed from a `slow` record, or from its end and duration.
    pub(crate) fn began(&self) -> SystemTime {
        let from_end = || {
            let end = self.end.as_ref()?;
            Some(before(end.at, end.duration))
        };
        let invoked = self.invoke.as_ref().map(|(at, _)| *at);
        invoked.or(self.slow_since).or_else(from_end).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Returns its outcome; `None` if the log has no end of it.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.end.as_ref().map(|end| end.outcome)
    }
}

/// Subtracts a duration from a time. Returns the time itself if the result would be before 1970, which only happens if
/// the duration is wrong.
fn before(at: SystemTime, took: Option<Duration>) -> SystemTime {
    let began = took.and_then(|took| at.checked_sub(took));
    began.filter(|began| *began >= SystemTime::UNIX_EPOCH).unwrap_or(at)
}

impl End {
    /// Returns the type and the message of the error, if this record has it in full.
    pub(crate) fn error(&self) -> Option<(&str, &str)> {
        let error = self.payload.get(payload::ERROR)?;
        let text = |key| error.get(key).and_then(Value::as_str);
        Some((text(error::TYPE)?, text(error::MESSAGE).unwrap_or_default()))
    }

    /// Returns the cause of the cancellation, which is a word of the convention.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.payload.get(payload::CANCELLATION)?.get(cancellation::CAUSE)?.as_str()
    }

    /// Returns the inner operation whose record has the same error, or the same cancellation, in full.
    pub(crate) fn told_by(&self) -> Option<SpanId> {
        let span_id = |key| self.payload.get(key).and_then(Value::as_str)?.parse().ok();
        span_id(payload::CAUSED_BY).or_else(|| span_id(payload::CANCELLED_BY))
    }
}
