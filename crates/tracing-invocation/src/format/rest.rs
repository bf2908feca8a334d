//! What a schema has no place for, under one key and by its native names.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::object::Object;
use crate::convention::{error, key, payload};
use crate::record::{Outcome, Record};

/// The key of the object that holds what a schema has no place for.
pub(super) const REST: &str = "invocation";

/// The error of a record that failed, as schemas have a place for it.
#[derive(Clone, Copy)]
pub(super) struct Failure<'a> {
    pub(super) kind: &'a str,
    pub(super) message: &'a str,
    error: &'a Map<String, Value>,
}

impl<'a> Failure<'a> {
    /// What `record` says of its error, where it failed and tells it itself.
    pub(super) fn of(record: &'a Record) -> Option<Self> {
        if record.event_outcome != Outcome::Failed {
            return None;
        }
        let error = record.payload.get(payload::ERROR)?.as_object()?;
        let kind = error.get(error::TYPE)?.as_str()?;
        let message = error.get(error::MESSAGE)?.as_str()?;
        Some(Self { kind, message, error })
    }

    /// Whatever else is known of it.
    fn more(self) -> Option<Value> {
        let is_told = |key: &str| matches!(key, error::TYPE | error::MESSAGE);
        let more = self.error.iter().filter(|(key, _)| !is_told(key));
        let more: Map<_, _> = more.map(|(key, value)| (key.clone(), value.clone())).collect();
        (!more.is_empty()).then_some(Value::Object(more))
    }
}

/// The members of the payload, without what `failure` has found a place for.
pub(super) fn payload<'a>(
    record: &'a Record,
    failure: Option<Failure<'a>>,
) -> impl Iterator<Item = (&'a str, Cow<'a, Value>)> {
    record.payload.iter().filter_map(move |(key, value)| {
        let value = match failure {
            Some(failure) if key == payload::ERROR => Cow::Owned(failure.more()?),
            _ => Cow::Borrowed(value),
        };
        Some((key.as_str(), value))
    })
}

impl Object<'_> {
    /// Members of the record by their native keys: those of `keys` that it has.
    pub(super) fn native(
        &mut self,
        record: &Record,
        keys: &[&'static str],
        failure: Option<Failure<'_>>,
    ) {
        for key in keys {
            self.native_member(record, key, failure);
        }
    }

    fn native_member(&mut self, record: &Record, key: &str, failure: Option<Failure<'_>>) {
        match key {
            key::LEVEL => self.text(key, record.level.as_str()),
            key::EVENT_NAMESPACE => self.text(key, &record.event_namespace),
            key::EVENT_NAME => self.text(key, &record.event_name),
            key::EVENT_OUTCOME => self.text(key, record.event_outcome.as_str()),
            key::ENTITY_ID => {
                if let Some(entity_id) = &record.entity_id {
                    self.text(key, entity_id);
                }
            }
            key::TRACE_ID => self.shown(key, record.trace_id),
            key::SPAN_ID => self.shown(key, record.span_id),
            key::PARENT_SPAN_ID => {
                if let Some(parent) = record.parent_span_id {
                    self.shown(key, parent);
                }
            }
            key::DURATION_NS => {
                if let Some(duration) = record.duration_ns {
                    self.integer(key, duration);
                }
            }
            key::PAYLOAD_TRUNCATED if record.payload_truncated => self.truth(key, true),
            key::PAYLOAD => self.object(key, |object| {
                for (key, value) in payload(record, failure) {
                    object.value(key, &value);
                }
            }),
            _ => {}
        }
    }
}
