//! OTLP, in its JSON encoding.

mod values;

use values::KeyValues;

use super::Format;
use super::message::message;
use super::object::Object;
use super::rest::{Failure, payload};
use crate::clock::micros_since_epoch;
use crate::record::{Level, Record};

const RESOURCE_LOGS: &str = "resourceLogs";
const RESOURCE: &str = "resource";
const SCOPE_LOGS: &str = "scopeLogs";
const SCOPE: &str = "scope";
const SCOPE_NAME: &str = "name";
const LOG_RECORDS: &str = "logRecords";
const TIME: &str = "timeUnixNano";
const OBSERVED_TIME: &str = "observedTimeUnixNano";
const SEVERITY_NUMBER: &str = "severityNumber";
const SEVERITY_TEXT: &str = "severityText";
const EVENT_NAME: &str = "eventName";
const BODY: &str = "body";
const ATTRIBUTES: &str = "attributes";
const TRACE_ID: &str = "traceId";
const SPAN_ID: &str = "spanId";

const SERVICE_NAME: &str = "service.name";
const EXCEPTION_TYPE: &str = "exception.type";
const EXCEPTION_MESSAGE: &str = "exception.message";
const EVENT_OUTCOME: &str = "invocation.event_outcome";
const ENTITY_ID: &str = "invocation.entity_id";
const PARENT_SPAN_ID: &str = "invocation.parent_span_id";
const DURATION_NS: &str = "invocation.duration_ns";
const PAYLOAD_TRUNCATED: &str = "invocation.payload_truncated";
const PAYLOAD: &str = "invocation.payload";

/// OTLP 1.10.0 in its JSON encoding, one `resourceLogs` object a line: what an OpenTelemetry Collector's
/// `otlpjsonfile` receiver reads, and what may be posted to `/v1/logs`.
///
/// | native key | field of the log record |
/// |---|---|
/// | `timestamp` | `timeUnixNano`, `observedTimeUnixNano`; the year 2554 is the last |
/// | `level` | `severityNumber` (1, 5, 9, 13, 17), `severityText` |
/// | `event_namespace` | `name` of the `scope` around it |
/// | `event_name` | `eventName` |
/// | `trace_id`, `span_id` | `traceId`, `spanId` |
/// | `payload.error` of `failed` | the attributes `exception.type`, `exception.message`; what is left of it stays in the payload |
/// | `event_outcome`, `entity_id`, `parent_span_id`, `duration_ns`, `payload_truncated`, `payload` | attributes of that name, `invocation.` in front |
///
/// Besides, there is `body`, a message.
///
/// A value is an `AnyValue` of its kind, `null` one without any. Lists and objects inside the payload are structure
/// twenty deep, and the text of their JSON below that, because readers of OTLP give up at about a hundred levels.
///
/// ```
/// use tracing_invocation::format::OtlpJson;
/// use tracing_invocation::sink::{JsonLines, Output};
///
/// let format = OtlpJson::new("shop").with_resource_attribute("deployment.environment.name", "production");
/// let output = Output::new(JsonLines::new(std::io::stdout)).with_format(format);
/// # drop(tracing_invocation::layer().with_sink(output));
/// ```
#[derive(Clone, Debug)]
pub struct OtlpJson {
    /// Attributes of the resource, by key, each once.
    resource: Vec<(String, String)>,
}

impl OtlpJson {
    /// Records of the service of this name: the attribute `service.name` of their resource.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self { resource: vec![(SERVICE_NAME.to_owned(), service.into())] }
    }

    /// Gives the resource one more attribute. Of two of the same key, the later one wins.
    #[must_use]
    pub fn with_resource_attribute(
        mut self,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        let (key, value) = (key.into(), value.into());
        self.resource.retain(|(known, _)| *known != key);
        self.resource.push((key, value));
        self
    }
}

impl Format for OtlpJson {
    fn format(&self, record: &Record, to: &mut Vec<u8>) {
        Object::push_line(to, |line| {
            line.only(RESOURCE_LOGS, |logs| {
                logs.object(RESOURCE, |resource| {
                    resource.member(ATTRIBUTES, |to| {
                        KeyValues::push(to, |list| {
                            self.resource.iter().for_each(|(key, value)| list.text(key, value));
                        });
                    });
                });
                logs.only(SCOPE_LOGS, |logs| {
                    logs.object(SCOPE, |scope| scope.text(SCOPE_NAME, &record.event_namespace));
                    logs.only(LOG_RECORDS, |log| fill(log, record));
                });
            });
        });
    }
}

fn fill(log: &mut Object<'_>, record: &Record) {
    let nanos = u128::from(micros_since_epoch(record.timestamp)) * 1_000;
    let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
    log.shown(TIME, nanos);
    log.shown(OBSERVED_TIME, nanos);
    log.integer(SEVERITY_NUMBER, severity(record.level));
    log.text(SEVERITY_TEXT, record.level.as_str());
    log.text(EVENT_NAME, &record.event_name);
    log.member(BODY, |to| values::push_text(to, &message(record)));
    log.member(ATTRIBUTES, |to| KeyValues::push(to, |list| attributes(list, record)));
    log.shown(TRACE_ID, record.trace_id);
    log.shown(SPAN_ID, record.span_id);
}

fn attributes(attributes: &mut KeyValues<'_>, record: &Record) {
    let failure = Failure::of(record);
    attributes.text(EVENT_OUTCOME, record.event_outcome.as_str());
    if let Some(entity_id) = &record.entity_id {
        attributes.text(ENTITY_ID, entity_id);
    }
    if let Some(parent) = record.parent_span_id {
        attributes.text(PARENT_SPAN_ID, &parent.to_string());
    }
    if let Some(duration) = record.duration_ns {
        attributes.value(DURATION_NS, &duration.into());
    }
    if let Some(failure) = failure {
        attributes.text(EXCEPTION_TYPE, failure.kind);
        attributes.text(EXCEPTION_MESSAGE, failure.message);
    }
    if record.payload_truncated {
        attributes.value(PAYLOAD_TRUNCATED, &true.into());
    }
    attributes.members(PAYLOAD, payload(record, failure));
}

fn severity(level: Level) -> u64 {
    match level {
        Level::Trace => 1,
        Level::Debug => 5,
        Level::Info => 9,
        Level::Warn => 13,
        Level::Error => 17,
    }
}
