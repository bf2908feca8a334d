//! Elastic Common Schema.

use super::Format;
use super::message::message;
use super::object::Object;
use super::rest::{Failure, REST};
use crate::convention::key;
use crate::record::{Outcome, Record};

/// The version of the schema.
const VERSION: &str = "9.4.0";

const TIMESTAMP: &str = "@timestamp";
const LOG_LEVEL: &str = "log.level";
const MESSAGE: &str = "message";
const ECS_VERSION: &str = "ecs.version";
const LOG: &str = "log";
const LOG_LOGGER: &str = "logger";
const SERVICE: &str = "service";
const SERVICE_NAME: &str = "name";
const EVENT: &str = "event";
const EVENT_KIND: &str = "kind";
const EVENT_DATASET: &str = "dataset";
const EVENT_ACTION: &str = "action";
const EVENT_OUTCOME: &str = "outcome";
const EVENT_DURATION: &str = "duration";
const TRACE: &str = "trace";
const SPAN: &str = "span";
const ID: &str = "id";
const ERROR: &str = "error";
const ERROR_TYPE: &str = "type";
const ERROR_MESSAGE: &str = "message";

/// What else there is, under `invocation`.
const OTHERS: [&str; 5] =
    [key::EVENT_OUTCOME, key::ENTITY_ID, key::PARENT_SPAN_ID, key::PAYLOAD_TRUNCATED, key::PAYLOAD];

/// Elastic Common Schema 9.4.0, in the order that ecs-logging 1.0 asks for.
///
/// | native key | field |
/// |---|---|
/// | `timestamp` | `@timestamp` |
/// | `level` | `log.level`, the native word |
/// | `event_namespace` | `log.logger` |
/// | `event_name` | `event.action` |
/// | `event_outcome` | `event.outcome`: `success`, `failure` or, of `invoke`, `cancelled` and `unknown`, `unknown`; the native word is `invocation.event_outcome` |
/// | `trace_id`, `span_id` | `trace.id`, `span.id` |
/// | `duration_ns` | `event.duration` |
/// | `payload.error` of `failed` | `error.type`, `error.message`; what is left of it stays in the payload |
/// | `entity_id`, `parent_span_id`, `payload_truncated`, `payload` | the same below `invocation` |
///
/// Besides, there are `message`, `ecs.version`, `event.kind`, and what [`with_service`](Self::with_service) gives.
///
/// What programs record is as varied as they are, and Elasticsearch makes a field of every key that it meets, of the
/// type that it meets first. An index template that maps `invocation.payload` as
/// `flattened` spares the index both, at the price of numbers that are compared as texts.
///
/// ```
/// use tracing_invocation::format::Ecs;
/// use tracing_invocation::sink::{JsonLines, Output};
///
/// let output =
///     Output::new(JsonLines::new(std::io::stdout)).with_format(Ecs::new().with_service("shop"));
/// # drop(tracing_invocation::layer().with_sink(output));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ecs {
    service: Option<String>,
}

impl Ecs {
    /// The schema, without a service.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whose records these are: `service.name`, and `event.dataset`, which is `shop.log` for the service `shop`.
    #[must_use]
    pub fn with_service(self, name: impl Into<String>) -> Self {
        Self { service: Some(name.into()) }
    }
}

impl Format for Ecs {
    fn format(&self, record: &Record, to: &mut Vec<u8>) {
        let failure = Failure::of(record);
        Object::push_line(to, |line| {
            line.time(TIMESTAMP, record);
            line.text(LOG_LEVEL, record.level.as_str());
            line.text(MESSAGE, &message(record));
            line.text(ECS_VERSION, VERSION);
            line.object(LOG, |log| log.text(LOG_LOGGER, &record.event_namespace));
            if let Some(service) = &self.service {
                line.object(SERVICE, |object| object.text(SERVICE_NAME, service));
            }
            line.object(EVENT, |event| {
                event.text(EVENT_KIND, "event");
                if let Some(service) = &self.service {
                    event.shown(EVENT_DATASET, format_args!("{service}.log"));
                }
                event.text(EVENT_ACTION, &record.event_name);
                event.text(EVENT_OUTCOME, outcome(record.event_outcome));
                if let Some(duration) = record.duration_ns {
                    event.integer(EVENT_DURATION, duration);
                }
            });
            line.object(TRACE, |trace| trace.shown(ID, record.trace_id));
            line.object(SPAN, |span| span.shown(ID, record.span_id));
            if let Some(failure) = failure {
                line.object(ERROR, |error| {
                    error.text(ERROR_TYPE, failure.kind);
                    error.text(ERROR_MESSAGE, failure.message);
                });
            }
            line.object(REST, |rest| rest.native(record, &OTHERS, failure));
        });
    }
}

/// The schema knows three words, of which the third is also for what has its answer later.
fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "success",
        Outcome::Failed => "failure",
        Outcome::Invoke | Outcome::Cancelled | Outcome::Unknown | Outcome::Slow => "unknown",
    }
}
