//! What of a record is counted, read where its text stands.

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

/// A [`Record`] without what is only shown: nothing is allocated unless a text has escapes.
///
/// What reads as an `Outline` reads as a [`Record`], unless what is passed over of its payload is nested more than a hundred deep or
/// has half a surrogate, as no record of this library. What reads as a record only, because its payload is not of the shape
/// that this crate's writers give it, becomes one by `From`.
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

/// What a payload says of an end.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Payload<'a> {
    #[serde(borrow, default, deserialize_with = "objects")]
    pub(crate) error: Option<Failure<'a>>,
    #[serde(borrow, default, deserialize_with = "objects")]
    pub(crate) cancellation: Option<Cancellation<'a>>,
    /// Whose error it was, or whose cancellation, where an inner operation told it.
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

/// `payload.error.details`, of a record that tells what is missing from a log.
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

/// An object and nothing else: serde takes a list of values for a struct as well.
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

/// An object, wherever one is.
fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    object(from).map(Some)
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
    struct Rfc3339;

    impl Visitor<'_> for Rfc3339 {
        type Value = SystemTime;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a time of RFC 3339")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<SystemTime, E> {
            humantime::parse_rfc3339(text).map_err(E::custom)
        }
    }

    from.deserialize_str(Rfc3339)
}
