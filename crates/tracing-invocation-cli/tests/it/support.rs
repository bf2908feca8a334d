//! Logs to read, and the program that reads them.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use tracing_invocation::{Level, Levels, Outcome, Record, SpanId, TraceId};

/// What the program said, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program, its own environment apart.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_invocations"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("CLICOLOR");
    command
}

/// Runs the program over what stdin says.
#[track_caller]
pub(crate) fn invocations(arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
    let mut command = command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let stdin = stdin.as_ref().to_vec();
    // A program that does not read to the end says so by its output.
    let writing = std::thread::spawn(move || drop(to.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    Ran {
        code: output.status.code().expect("ended by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A call that a log is made of. Times are milliseconds since the log began.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    name: &'static str,
    trace: u128,
    span: u64,
    parent: Option<u64>,
    entity: Option<String>,
    at: u64,
}

/// A call of this name, the only one of its trace.
pub(crate) fn call(name: &'static str, span: u64) -> Call {
    Call { name, trace: u128::from(span), span, parent: None, entity: None, at: 0 }
}

impl Call {
    /// Begun at this time.
    pub(crate) fn at(self, millis: u64) -> Self {
        Self { at: millis, ..self }
    }

    /// Of this trace.
    pub(crate) fn of_trace(self, trace: u128) -> Self {
        Self { trace, ..self }
    }

    /// Begun inside this one.
    pub(crate) fn inside(self, parent: u64) -> Self {
        Self { parent: Some(parent), ..self }
    }

    pub(crate) fn on(self, entity: impl Into<String>) -> Self {
        Self { entity: Some(entity.into()), ..self }
    }

    fn record(&self, outcome: Outcome, after: Option<u64>, payload: Value) -> Record {
        let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_795_200);
        let Value::Object(payload) = payload else { unreachable!("a payload is an object") };
        Record {
            timestamp: began + Duration::from_millis(self.at + after.unwrap_or(0)),
            level: level(outcome, &payload),
            event_namespace: "shop".to_owned(),
            event_name: self.name.to_owned(),
            event_outcome: outcome,
            entity_id: self.entity.clone(),
            trace_id: TraceId::new(self.trace).unwrap(),
            span_id: SpanId::new(self.span).unwrap(),
            parent_span_id: self.parent.and_then(SpanId::new),
            duration_ns: after.map(|millis| millis * 1_000_000),
            payload_truncated: false,
            payload,
        }
    }

    pub(crate) fn invoke(&self) -> Record {
        self.record(Outcome::Invoke, None, json!({}))
    }

    pub(crate) fn success(&self, after: u64) -> Record {
        self.record(Outcome::Success, Some(after), json!({}))
    }

    pub(crate) fn unknown(&self, after: u64) -> Record {
        self.record(Outcome::Unknown, Some(after), json!({}))
    }

    pub(crate) fn failed(&self, after: u64, kind: &str, message: &str) -> Record {
        let payload = json!({ "error": { "type": kind, "message": message } });
        self.record(Outcome::Failed, Some(after), payload)
    }

    /// Failed by an error that another one told in full.
    pub(crate) fn failed_by(&self, after: u64, inner: u64) -> Record {
        self.record(Outcome::Failed, Some(after), json!({ "caused_by": span(inner) }))
    }

    pub(crate) fn cancelled(&self, after: u64, cause: &str) -> Record {
        let mut payload = cancelled();
        payload["cancellation"] = json!({ "cause": cause });
        self.record(Outcome::Cancelled, Some(after), payload)
    }

    /// Cancelled along with another one, which told it in full.
    pub(crate) fn cancelled_by(&self, after: u64, inner: u64) -> Record {
        let mut payload = cancelled();
        payload["cancelled_by"] = span(inner);
        self.record(Outcome::Cancelled, Some(after), payload)
    }

    /// Later than it was expected to be, and still open.
    pub(crate) fn slow(&self, after: u64, expected: u64) -> Record {
        let (expected, age) = (expected * 1_000_000, after * 1_000_000);
        let payload = json!({ "slow": { "expected_ns": expected, "age_ns": age } });
        self.record(Outcome::Slow, Some(after), payload)
    }
}

fn cancelled() -> Value {
    json!({ "cancelled": true, "error": { "type": "cancelled", "message": "dropped before completion" } })
}

fn span(span: u64) -> Value {
    SpanId::new(span).unwrap().to_string().into()
}

fn level(outcome: Outcome, payload: &Map<String, Value>) -> Level {
    let is_told_elsewhere =
        payload.contains_key("caused_by") || payload.contains_key("cancelled_by");
    let levels = Levels::DEFAULT;
    if is_told_elsewhere { levels.suppressed } else { levels.of(outcome) }
}

/// The records as the lines of a log.
pub(crate) fn lines<'a>(records: impl IntoIterator<Item = &'a Record>) -> String {
    let line = |record| serde_json::to_string(record).unwrap() + "\n";
    records.into_iter().map(line).collect()
}
