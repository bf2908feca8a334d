//! Deserializes only the parts of a record that are counted, and borrows them from the line.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use tracing_invocation::convention::{cancellation, delivery, error, payload};
use tracing_invocation::{Level, Outcome, Record, SpanId, TraceId};

/// A [`Record`] without the values that commands only display. Allocates only for strings with escapes.
///
/// Every line that deserializes as an `Outline` also deserializes as a [`Record`], with two exceptions that the library
/// never writes: skipped parts of the payload that are nested more than a hundred levels deep, or that contain a lone
/// surrogate. Conversely, a record whose payload has an unexpected shape does not deserialize as an `Outline`; the caller
/// then reads it as a [`Record`] and converts it with `From`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Outline<'a> {
    #[serde(deserialize_with = "time")]
    pub(crate) timestamp: SystemTime,
    pub(crate) level: Level,
    #[serde(borrow)]
    pub(crate) event_namespace: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) event_name: Cow<'a, str>,
    pub(crate) event_outcome: Outcome,
    #[serde(borrow, default)]
    pub(crate) entity_id: Option<Cow<'a, str>>,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    #[serde(default)]
    pub(crate) parent_span_id: Option<SpanId>,
    #[serde(default)]
    pub(crate) duration_ns: Option<u64>,
    #[serde(default)]
    pub(crate) payload_truncated: bool,
    #[serde(borrow, deserialize_with = "object")]
    pub(crate) payload: Payload<'a>,
}

/// The parts of a payload that describe an end.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Payload<'a> {
    #[serde(borrow, default, deserialize_with = "objects")]
    pub(crate) error: Option<Failure<'a>>,
    #[serde(borrow, default, deserialize_with = "objects")]
    pub(crate) cancellation: Option<Cancellation<'a>>,
    /// The inner operation whose record has the error, or the cancellation, in full.
    #[serde(default)]
    pub(crate) caused_by: Option<SpanId>,
    #[serde(default)]
    pub(crate) cancelled_by: Option<SpanId>,
    #[serde(borrow, default)]
    pub(crate) unknown_reason: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(crate) slow: Option<Slow>,
}

/// `payload.slow`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Slow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) poll_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expected_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) age_ns: Option<u64>,
}

/// `payload.error`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Failure<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) message: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "objects")]
    pub(crate) details: Option<Details>,
}

/// `payload.error.details` of a record that reports lost records.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Details {
    #[serde(default)]
    pub(crate) lost: Option<u64>,
}

/// `payload.cancellation`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Cancellation<'a> {
    #[serde(borrow, default)]
    pub(crate) cause: Option<Cow<'a, str>>,
}

impl From<Record> for Outline<'_> {
    fn from(record: Record) -> Self {
        Self {
            timestamp: record.timestamp,
            level: record.level,
            payload: Payload::from(&record.payload),
            event_namespace: record.event_namespace.into(),
            event_name: record.event_name.into(),
            event_outcome: record.event_outcome,
            entity_id: record.entity_id.map(Cow::Owned),
            trace_id: record.trace_id,
            span_id: record.span_id,
            parent_span_id: record.parent_span_id,
            duration_ns: record.duration_ns,
            payload_truncated: record.payload_truncated,
        }
    }
}

impl From<&Map<String, Value>> for Payload<'_> {
    fn from(members: &Map<String, Value>) -> Self {
        let text = |value: &Value| value.as_str().map(|text| Cow::Owned(text.to_owned()));
        let id = |key: &str| members.get(key)?.as_str()?.parse().ok();
        let within = |object: &str, key: &str| members.get(object)?.get(key).and_then(text);
        Self {
            error: within(payload::ERROR, error::TYPE).map(|kind| {
                let details =
                    members.get(payload::ERROR).and_then(|error| error.get(error::DETAILS));
                let details = details.filter(|details| details.is_object());
                let lost = |details: &Value| details.get(delivery::LOST).and_then(Value::as_u64);
                let details = details.map(|details| Details { lost: lost(details) });
                Failure { kind, message: within(payload::ERROR, error::MESSAGE), details }
            }),
            cancellation: members.get(payload::CANCELLATION).filter(|value| value.is_object()).map(
                |_| Cancellation { cause: within(payload::CANCELLATION, cancellation::CAUSE) },
            ),
            caused_by: id(payload::CAUSED_BY),
            cancelled_by: id(payload::CANCELLED_BY),
            unknown_reason: members.get(payload::UNKNOWN_REASON).and_then(text),
            slow: members.get(payload::SLOW).and_then(|slow| Slow::deserialize(slow).ok()),
        }
    }
}

/// Deserializes an object only: serde would also accept an array for a struct.
fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members))
        }
    }

    from.deserialize_map(Object(PhantomData))
}

/// Deserializes an optional field that must be an object if it is present.
fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    object(from).map(Some)
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
    struct Rfc3339;

    impl Visitor<'_> for Rfc3339 {
        type Value = SystemTime;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an RFC 3339 timestamp")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<SystemTime, E> {
            humantime::parse_rfc3339(text).map_err(E::custom)
        }
    }

    from.deserialize_str(Rfc3339)
}
