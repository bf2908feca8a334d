//! Datadog.

use super::Format;
use super::message::message;
use super::object::Object;
use super::rest::{Failure, REST};
use crate::convention::key;
use crate::record::{Level, Record, TraceId};

const TIMESTAMP: &str = "timestamp";
const STATUS: &str = "status";
const MESSAGE: &str = "message";
const SERVICE: &str = "service";
const SOURCE: &str = "ddsource";
const DD: &str = "dd";
const DD_TRACE_ID: &str = "trace_id";
const DD_SPAN_ID: &str = "span_id";
const LOGGER: &str = "logger";
const EVENT: &str = "evt";
const NAME: &str = "name";
const DURATION: &str = "duration";
const ERROR: &str = "error";
const ERROR_KIND: &str = "kind";
const ERROR_MESSAGE: &str = "message";

/// What else there is, under `invocation`.
const OTHERS: [&str; 7] = [
    key::EVENT_OUTCOME,
    key::ENTITY_ID,
    key::TRACE_ID,
    key::SPAN_ID,
    key::PARENT_SPAN_ID,
    key::PAYLOAD_TRUNCATED,
    key::PAYLOAD,
];

/// The reserved and standard attributes of Datadog's logs, as its Agent reads them from a file or from stdout.
///
/// | native key | attribute |
/// |---|---|
/// | `timestamp` | `timestamp` |
/// | `level` | `status`: `trace`, `debug`, `info`, `warn`, `error` |
/// | `event_namespace` | `logger.name` |
/// | `event_name` | `evt.name` |
/// | `trace_id` | `dd.trace_id`, as Datadog's own tracers write it: 32 hexadecimal digits, or decimal ones where the upper half of the id is zero; also `invocation.trace_id` |
/// | `span_id` | `dd.span_id`, in decimal digits; also `invocation.span_id` |
/// | `duration_ns` | `duration` |
/// | `payload.error` of `failed` | `error.kind`, `error.message`; what is left of it stays in the payload |
/// | `event_outcome`, `entity_id`, `parent_span_id`, `payload_truncated`, `payload` | the same below `invocation` |
///
/// Besides, there are `message`, `service`, which Error Tracking asks for, and `ddsource`, which is `rust`. There is no
/// `error.stack`, which Datadog takes for a stack trace, and no `usr`: what an operation works on is not always a user.
///
/// ```
/// use tracing_invocation::format::Datadog;
/// use tracing_invocation::sink::{JsonLines, Output};
///
/// let output = Output::new(JsonLines::new(std::io::stdout)).with_format(Datadog::new("shop"));
/// # drop(tracing_invocation::layer().with_sink(output));
/// ```
#[derive(Clone, Debug)]
pub struct Datadog {
    service: String,
}

impl Datadog {
    /// Records of the service of this name.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into() }
    }
}

impl Format for Datadog {
    fn format(&self, record: &Record, to: &mut Vec<u8>) {
        let failure = Failure::of(record);
        Object::push_line(to, |line| {
            line.time(TIMESTAMP, record);
            line.text(STATUS, status(record.level));
            line.text(MESSAGE, &message(record));
            line.text(SERVICE, &self.service);
            line.text(SOURCE, "rust");
            line.object(DD, |dd| {
                dd.text(DD_TRACE_ID, &correlated(record.trace_id));
                dd.shown(DD_SPAN_ID, record.span_id.get());
            });
            line.object(LOGGER, |logger| logger.text(NAME, &record.event_namespace));
            line.object(EVENT, |event| event.text(NAME, &record.event_name));
            if let Some(duration) = record.duration_ns {
                line.integer(DURATION, duration);
            }
            if let Some(failure) = failure {
                line.object(ERROR, |error| {
                    error.text(ERROR_KIND, failure.kind);
                    error.text(ERROR_MESSAGE, failure.message);
                });
            }
            line.object(REST, |rest| rest.native(record, &OTHERS, failure));
        });
    }
}

/// A trace id in the form in which Datadog finds its trace.
fn correlated(id: TraceId) -> String {
    match u64::try_from(id.get()) {
        Ok(lower) => lower.to_string(),
        Err(_) => id.to_string(),
    }
}

fn status(level: Level) -> &'static str {
    match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}
