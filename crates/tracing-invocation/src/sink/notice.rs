//! Records that say what is missing from a log.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::convention::{delivery, payload};
use crate::ids::Ids;
use crate::record::{Level, Outcome, Record, SpanId, TraceId};

/// A record with this `error`: as of an operation that delivers records, and failed.
pub(crate) fn notice(error: Map<String, Value>) -> Record {
    Record {
        timestamp: SystemTime::now(),
        level: Level::Error,
        event_namespace: delivery::NAMESPACE.to_owned(),
        event_name: delivery::NAME.to_owned(),
        event_outcome: Outcome::Failed,
        entity_id: None,
        trace_id: TraceId::of(Ids::Random.trace()),
        span_id: SpanId::of(Ids::Random.span()),
        parent_span_id: None,
        duration_ns: Some(0),
        payload_truncated: false,
        payload: Map::from_iter([(payload::ERROR.to_owned(), Value::Object(error))]),
    }
}

/// As [`notice`], of something that has lasted since then.
pub(super) fn notice_since(error: Map<String, Value>, since: SystemTime) -> Record {
    let notice = notice(error);
    let lasted = notice.timestamp.duration_since(since).unwrap_or(Duration::ZERO);
    Record { duration_ns: Some(u64::try_from(lasted.as_nanos()).unwrap_or(u64::MAX)), ..notice }
}
