//! The record: what one moment in the life of an operation looks like, as data.

mod id;
mod outcome;
mod trace_context;

pub use id::{InvalidId, SpanId, TraceId};
pub use outcome::{Level, Levels, Outcome, OwnLevels};
pub use trace_context::{InvalidTraceparent, TraceContext};

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One record of wire format 1: an operation began, takes long, or ended in one of four ways.
///
/// The layer writes records as JSON lines without building this type; it is for those who read them. The
/// fields are the keys of the wire format, in its order.
///
/// ```
/// use tracing_invocation::{Outcome, Record};
///
/// let line = r#"{"timestamp":"2026-11-22T08:00:00.123456Z","level":"INFO","event_namespace":"shop::worker",
///     "event_name":"run","event_outcome":"cancelled","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",
///     "span_id":"00f067aa0ba902b7","duration_ns":12345678,"payload":{"cancelled":true}}"#;
/// let record: Record = serde_json::from_str(line)?;
///
/// assert_eq!(record.event_outcome, Outcome::Cancelled);
/// assert_eq!(record.parent_span_id, None);
/// assert_eq!(serde_json::from_str::<Record>(&serde_json::to_string(&record)?)?, record);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When the record was made, to the microsecond.
    #[serde(with = "timestamp")]
    pub timestamp: SystemTime,
    /// The record's severity.
    pub level: Level,
    /// Where the operation lives: its span's target unless it says otherwise.
    pub event_namespace: String,
    /// What the operation is called: its span's name unless it says otherwise.
    pub event_name: String,
    /// What happened.
    pub event_outcome: Outcome,
    /// What the operation works on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// The tree of operations that this one belongs to.
    pub trace_id: TraceId,
    /// The operation itself: the same on each of its records.
    pub span_id: SpanId,
    /// The operation that this one was begun in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// Nanoseconds of the monotonic clock since `invoke`; on terminal records and `slow` ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ns: Option<u64>,
    /// Whether the payload was shrunk to fit the record's size limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub payload_truncated: bool,
    /// What the operation was given and what it produced.
    pub payload: Map<String, Value>,
}

impl Record {
    /// The JSON schema of a record on a line, of draft 2020-12: what may stand in it, and what belongs to which outcome.
    ///
    /// A record that satisfies it reads as a [`Record`]. The schema says more than this type does, of the payload above all.
    ///
    /// ```
    /// use serde_json::{Value, json};
    /// use tracing_invocation::Record;
    ///
    /// let schema: Value = serde_json::from_str(Record::SCHEMA)?;
    /// assert_eq!(schema["$id"], "urn:tracing-invocation:record:1");
    ///
    /// let validator = jsonschema::validator_for(&schema)?;
    /// let mut record = json!({
    ///     "timestamp": "2026-11-22T08:00:00.123456Z", "level": "DEBUG", "event_namespace": "shop::worker",
    ///     "event_name": "run", "event_outcome": "success", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    ///     "span_id": "00f067aa0ba902b7", "duration_ns": 12345678, "payload": {},
    /// });
    /// assert!(validator.is_valid(&record));
    ///
    /// record["event_outcome"] = "done".into();
    /// assert!(!validator.is_valid(&record));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const SCHEMA: &str = include_str!("record.schema.json");
}

/// RFC 3339 in both directions.
mod timestamp {
    use std::fmt;
    use std::time::SystemTime;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_rfc3339_micros(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        from.deserialize_str(Rfc3339)
    }

    struct Rfc3339;

    impl Visitor<'_> for Rfc3339 {
        type Value = SystemTime;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a time of the form 2026-11-22T08:00:00.123456Z")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<SystemTime, E> {
            humantime::parse_rfc3339(text).map_err(|error| {
                E::custom(format_args!(
                    "timestamp {text:?} is not of the form 2026-11-22T08:00:00.123456Z: {error}"
                ))
            })
        }
    }
}
