//! Google Cloud Logging.

use super::Format;
use super::message::message;
use super::object::Object;
use super::rest::REST;
use crate::convention::{delivery, key};
use crate::record::{Level, Outcome, Record};

const SEVERITY: &str = "severity";
const MESSAGE: &str = "message";
const TIME: &str = "time";
const OPERATION: &str = "logging.googleapis.com/operation";
const OPERATION_ID: &str = "id";
const OPERATION_PRODUCER: &str = "producer";
const OPERATION_FIRST: &str = "first";
const OPERATION_LAST: &str = "last";
const TRACE: &str = "logging.googleapis.com/trace";
const SPAN_ID: &str = "logging.googleapis.com/spanId";
const LABELS: &str = "logging.googleapis.com/labels";

/// What is a label, by its native key.
const LABELLED: [&str; 3] = [key::EVENT_NAME, key::EVENT_OUTCOME, key::ENTITY_ID];

/// What else there is, under `invocation`.
const OTHERS: [&str; 5] =
    [key::LEVEL, key::PARENT_SPAN_ID, key::DURATION_NS, key::PAYLOAD_TRUNCATED, key::PAYLOAD];

/// Structured logging for the agents of Google Cloud: what those built into Cloud Run, Kubernetes Engine and others read
/// from stdout, and turn into `LogEntry` v2.
///
/// The Ops Agent, which reads files, takes the time and the severity of its entries by other names: its `parse_json` needs
/// `time_key: time`, and a `modify_fields` moves `jsonPayload.severity` to `severity`.
///
/// Cloud Logging knows operations, with a first entry and a last: the records of a call are one.
///
/// | native key | field |
/// |---|---|
/// | `timestamp` | `time` |
/// | `level` | `severity`: `DEBUG` (of `TRACE`, too), `INFO`, `WARNING`, `ERROR`; the native word is `invocation.level` |
/// | `event_namespace` | `logging.googleapis.com/operation`, its `producer` |
/// | `event_name`, `event_outcome`, `entity_id` | the same in `logging.googleapis.com/labels` |
/// | `event_outcome` | also `first` of the operation, of `invoke`, or `last`, of an end |
/// | `trace_id` and `span_id` | `id` of the operation, with a slash between them |
/// | `trace_id` | `logging.googleapis.com/trace`, where [`with_project`](Self::with_project) says whose |
/// | `span_id` | `logging.googleapis.com/spanId` |
/// | `parent_span_id`, `duration_ns`, `payload_truncated`, `payload` | the same below `invocation` |
///
/// Besides, there is `message`. A record about losses is an operation of its own, first and last in one. The error of a
/// record that failed stays in the payload: the schema has no place for one without a stack.
///
/// ```
/// use tracing_invocation::format::GoogleCloud;
/// use tracing_invocation::sink::{JsonLines, Output};
///
/// let format = GoogleCloud::new().with_project("my-project");
/// let output = Output::new(JsonLines::new(std::io::stdout)).with_format(format);
/// # drop(tracing_invocation::layer().with_sink(output));
/// ```
#[derive(Clone, Debug, Default)]
pub struct GoogleCloud {
    project: Option<String>,
}

impl GoogleCloud {
    /// The schema, without links to traces.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Links records to the traces of this project, by its id: `projects/my-project/traces/..`.
    #[must_use]
    pub fn with_project(self, id: impl Into<String>) -> Self {
        Self { project: Some(id.into()) }
    }
}

impl Format for GoogleCloud {
    fn format(&self, record: &Record, to: &mut Vec<u8>) {
        let (trace_id, span_id) = (record.trace_id, record.span_id);
        Object::push_line(to, |line| {
            line.text(SEVERITY, severity(record.level));
            line.text(MESSAGE, &message(record));
            line.time(TIME, record);
            line.object(OPERATION, |operation| {
                operation.shown(OPERATION_ID, format_args!("{trace_id}/{span_id}"));
                operation.text(OPERATION_PRODUCER, &record.event_namespace);
                if record.event_outcome == Outcome::Invoke || is_of_losses(record) {
                    operation.truth(OPERATION_FIRST, true);
                }
                if record.event_outcome.is_terminal() {
                    operation.truth(OPERATION_LAST, true);
                }
            });
            if let Some(project) = &self.project {
                line.shown(TRACE, format_args!("projects/{project}/traces/{trace_id}"));
            }
            line.shown(SPAN_ID, span_id);
            line.object(LABELS, |labels| labels.native(record, &LABELLED, None));
            line.object(REST, |rest| rest.native(record, &OTHERS, None));
        });
    }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Trace | Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARNING",
        Level::Error => "ERROR",
    }
}

/// Whether a record tells what is missing from a log: it has no `invoke` before it.
fn is_of_losses(record: &Record) -> bool {
    record.event_namespace == delivery::NAMESPACE && record.event_name == delivery::NAME
}
