//! Bunyan.

use super::Format;
use super::message::message;
use super::object::Object;
use super::rest::{Failure, REST};
use crate::convention::key;
use crate::record::{Level, Record};

/// The version of the record format: zero, for as long as it has not changed.
const VERSION: u64 = 0;

const V: &str = "v";
const NAME: &str = "name";
const HOSTNAME: &str = "hostname";
const PID: &str = "pid";
const LEVEL: &str = "level";
const TIME: &str = "time";
const MSG: &str = "msg";
const ERR: &str = "err";
const ERR_NAME: &str = "name";
const ERR_MESSAGE: &str = "message";

/// What else there is, under `invocation`.
const OTHERS: [&str; 10] = [
    key::EVENT_NAMESPACE,
    key::EVENT_NAME,
    key::EVENT_OUTCOME,
    key::ENTITY_ID,
    key::TRACE_ID,
    key::SPAN_ID,
    key::PARENT_SPAN_ID,
    key::DURATION_NS,
    key::PAYLOAD_TRUNCATED,
    key::PAYLOAD,
];

/// Bunyan, record version 0, as node-bunyan 2.0.5 and its command read it.
///
/// | native key | field |
/// |---|---|
/// | `timestamp` | `time` |
/// | `level` | `level`: 10, 20, 30, 40, 50 |
/// | `payload.error` of `failed` | `name` and `message` of `err`; what is left of it stays in the payload |
/// | every other key | the same below `invocation` |
///
/// Besides, there are `v`, `name`, `hostname`, `pid` and `msg`, a message.
///
/// ```
/// use tracing_invocation::format::Bunyan;
/// use tracing_invocation::sink::{JsonLines, Output};
///
/// let output = Output::new(JsonLines::new(std::io::stdout)).with_format(Bunyan::new("shop"));
/// # drop(tracing_invocation::layer().with_sink(output));
/// ```
#[derive(Clone, Debug)]
pub struct Bunyan {
    name: String,
    hostname: String,
}

impl Bunyan {
    /// Records of the program of this name, on the host that it runs on.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let hostname = hostname::get().unwrap_or_default();
        Self { name: name.into(), hostname: hostname.to_string_lossy().into_owned() }
    }

    /// Calls the host so, instead of what it calls itself.
    #[must_use]
    pub fn with_hostname(self, hostname: impl Into<String>) -> Self {
        Self { hostname: hostname.into(), ..self }
    }
}

impl Format for Bunyan {
    fn format(&self, record: &Record, to: &mut Vec<u8>) {
        let failure = Failure::of(record);
        Object::push_line(to, |line| {
            line.integer(V, VERSION);
            line.text(NAME, &self.name);
            line.text(HOSTNAME, &self.hostname);
            line.integer(PID, std::process::id().into());
            line.integer(LEVEL, level(record.level));
            line.time(TIME, record);
            line.text(MSG, &message(record));
            if let Some(failure) = failure {
                line.object(ERR, |err| {
                    err.text(ERR_NAME, failure.kind);
                    err.text(ERR_MESSAGE, failure.message);
                });
            }
            line.object(REST, |rest| rest.native(record, &OTHERS, failure));
        });
    }
}

fn level(level: Level) -> u64 {
    match level {
        Level::Trace => 10,
        Level::Debug => 20,
        Level::Info => 30,
        Level::Warn => 40,
        Level::Error => 50,
    }
}
