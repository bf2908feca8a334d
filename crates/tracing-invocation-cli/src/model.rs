//! Operations, put together from their records in whatever order these come, and the trees that they make.

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

/// What a payload says.
pub(crate) type Payload = Map<String, Value>;

/// One operation, as far as its records are there.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) parent_span_id: Option<SpanId>,
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) entity_id: Option<Box<str>>,
    /// When it was invoked, and the payload then.
    pub(crate) invoke: Option<(SystemTime, Payload)>,
    /// What was said of it while it was slow, the earliest first once it stands in a trace.
    pub(crate) slow: Vec<(SystemTime, Payload)>,
    /// When it began, by what was said of it while it was slow.
    pub(crate) slow_since: Option<SystemTime>,
    /// How it ended: the first end that was read.
    pub(crate) end: Option<End>,
}

/// How an operation ended.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) at: SystemTime,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Option<Duration>,
    pub(crate) payload: Payload,
}

impl Operation {
    /// When it began: at its `invoke`, or as long before its end as it took.
    pub(crate) fn began(&self) -> SystemTime {
        let from_end = || {
            let end = self.end.as_ref()?;
            Some(before(end.at, end.duration))
        };
        let invoked = self.invoke.as_ref().map(|(at, _)| *at);
        invoked.or(self.slow_since).or_else(from_end).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// How it ended, or `None` of one that did not as far as the log knows.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.end.as_ref().map(|end| end.outcome)
    }
}

/// So long before a time. Nobody shows a time before 1970, and nothing that writes records ran then.
fn before(at: SystemTime, took: Option<Duration>) -> SystemTime {
    let began = took.and_then(|took| at.checked_sub(took));
    began.filter(|began| *began >= SystemTime::UNIX_EPOCH).unwrap_or(at)
}

impl End {
    /// The type and the message of the error that is told in full here.
    pub(crate) fn error(&self) -> Option<(&str, &str)> {
        let told = self.payload.get(payload::ERROR)?;
        let text = |key| told.get(key).and_then(Value::as_str);
        Some((text(error::TYPE)?, text(error::MESSAGE).unwrap_or_default()))
    }

    /// Why it was cancelled: a word of the convention.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.payload.get(payload::CANCELLATION)?.get(cancellation::CAUSE)?.as_str()
    }

    /// The inner operation that told the same error, or the same cancellation, in full.
    pub(crate) fn told_by(&self) -> Option<SpanId> {
        let span_id = |key| self.payload.get(key).and_then(Value::as_str)?.parse().ok();
        span_id(payload::CAUSED_BY).or_else(|| span_id(payload::CANCELLED_BY))
    }
}
