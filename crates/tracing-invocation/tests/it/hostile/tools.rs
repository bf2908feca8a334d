//! What hostile tests need: threads and processes of their own, spans made by hand, writers that remember.

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use tracing::field::{Empty, FieldSet, Value};
use tracing::{Dispatch, Event, Metadata, Span, dispatcher, info_span};
use tracing_core::callsite::{Callsite, Identifier};
use tracing_core::subscriber::Interest;
use tracing_core::{Kind, Level};
use tracing_invocation::Record;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::check_line;

/// Runs `claim` on a thread of its own, so that a deadlock fails the test and does not hang it.
#[track_caller]
pub(crate) fn bounded<T: Send + 'static>(claim: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, waiting) = channel();
    let thread = thread::spawn(move || {
        let answer = claim();
        let _ = done.send(());
        answer
    });
    if let Err(RecvTimeoutError::Timeout) = waiting.recv_timeout(Duration::from_secs(60)) {
        panic!("still waiting after a minute: a deadlock");
    }
    thread.join().unwrap_or_else(|payload| resume_unwind(payload))
}

/// Runs the test that calls this, and only it, in a process of its own: there, `claim` may set what is global.
/// Answers with what that process wrote, once it succeeded, and with `None` inside it.
///
/// The test's name is read from the type of the closure, which must be written in the test itself.
#[track_caller]
pub(crate) fn alone<F: FnOnce() + Send + 'static>(claim: F) -> Option<Output> {
    const MARK: &str = "TRACING_INVOCATION_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        bounded(claim);
        return None;
    }
    let closure = std::any::type_name::<F>();
    let (_, path) = closure.split_once("::").unwrap();
    let test = path.strip_suffix("::{{closure}}").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(MARK, "1")
        .output()
        .unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{}\n{told}", output.status);
    assert!(told.contains("1 passed"), "{test} is no test\n{told}");
    Some(output)
}

/// What this crate said on the stderr of a process.
pub(crate) fn stderr_of(output: Output) -> Vec<String> {
    let said = String::from_utf8(output.stderr).unwrap();
    let own = said.lines().filter(|line| line.starts_with("tracing-invocation: "));
    own.map(str::to_owned).collect()
}

/// The callsites of a span and of the events that `ret` and `err` would make for it, with any fields.
#[derive(Clone, Copy)]
pub(crate) struct HandMade {
    span: &'static Metadata<'static>,
    error: &'static Metadata<'static>,
}

struct HandMadeCallsite(OnceLock<Metadata<'static>>);

impl Callsite for HandMadeCallsite {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.0.get().unwrap()
    }
}

/// Metadata of a place in the code; it is as static as the code would be.
pub(crate) fn metadata(
    name: &'static str,
    kind: Kind,
    line: Option<u32>,
    fields: impl IntoIterator<Item = String>,
) -> &'static Metadata<'static> {
    let names: Vec<&'static str> = fields.into_iter().map(|name| &*name.leak()).collect();
    let callsite: &'static _ = Box::leak(Box::new(HandMadeCallsite(OnceLock::new())));
    let fields = FieldSet::new(names.leak(), Identifier(callsite));
    let file = line.map(|_| "by_hand.rs");
    callsite
        .0
        .get_or_init(|| Metadata::new(name, "hand", Level::INFO, file, line, file, fields, kind))
}

impl HandMade {
    pub(crate) fn new<N: Into<String>>(fields: impl IntoIterator<Item = N>) -> Self {
        /// Each stands at a place of its own, as functions do.
        static LINES: AtomicU32 = AtomicU32::new(1_000);
        let fields = fields.into_iter().map(Into::into);
        let line = Some(LINES.fetch_add(1, Ordering::Relaxed));
        Self {
            span: metadata("made", Kind::SPAN, line, fields),
            error: metadata("error", Kind::EVENT, line, ["error".to_owned()]),
        }
    }

    /// A span in the current subscriber, with a value for each field.
    pub(crate) fn span<'v>(&self, values: impl IntoIterator<Item = &'v dyn Value>) -> Span {
        self.span_in(&dispatcher::get_default(Dispatch::clone), values)
    }

    pub(crate) fn span_in<'v>(
        &self,
        dispatch: &Dispatch,
        values: impl IntoIterator<Item = &'v dyn Value>,
    ) -> Span {
        let values: Vec<_> = values.into_iter().map(Some).collect();
        Span::new_with(self.span, &self.span.fields().value_set_all(&values), dispatch)
    }

    /// The event of `err`, in the current span.
    pub(crate) fn fail(&self, error: &dyn Value) {
        send(self.error, error);
    }
}

/// An event with one field.
pub(crate) fn send(event: &'static Metadata<'static>, value: &dyn Value) {
    Event::dispatch(event, &event.fields().value_set_all(&[Some(value)]));
}

/// A writer that remembers each `write` apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writes(Arc<Mutex<Vec<Vec<u8>>>>);

impl Writes {
    /// The records written, each of which was one call with one whole line.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Record> {
        let writes = self.0.lock().unwrap();
        writes.iter().map(|line| read_line(line)).collect()
    }

    /// What each call wrote.
    #[track_caller]
    pub(crate) fn texts(&self) -> Vec<String> {
        let writes = self.0.lock().unwrap();
        writes.iter().map(|text| String::from_utf8(text.clone()).unwrap()).collect()
    }

    /// The lines in all calls together, newlines included.
    pub(crate) fn lines(&self) -> Vec<Vec<u8>> {
        let bytes = self.0.lock().unwrap().concat();
        let lines = bytes.split_inclusive(|&byte| byte == b'\n');
        lines.map(<[u8]>::to_owned).collect()
    }

    /// The names and outcomes of the records.
    #[track_caller]
    pub(crate) fn story(&self) -> Vec<String> {
        self.records().iter().map(tell).collect()
    }
}

/// The name and outcome of a record.
pub(crate) fn tell(record: &Record) -> String {
    format!("{} {}", record.event_name, record.event_outcome)
}

/// The record that is all of `line`, newline included.
#[track_caller]
pub(crate) fn read_line(line: &[u8]) -> Record {
    let line = std::str::from_utf8(line).unwrap();
    let line = line.strip_suffix('\n').unwrap_or_else(|| panic!("no end: {line}"));
    check_line(line);
    serde_json::from_str(line).unwrap()
}

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Writes {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A span that promises evidence: it is cancelled where there is none and it was entered to be polled and to be dropped.
pub(crate) fn promise(name: &str) -> Span {
    info_span!("promise", invocation.name = name, invocation.evidence = "ret", late = Empty)
}

/// Runs `f` on another thread, with the subscriber of this one.
pub(crate) fn elsewhere<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    let dispatch = dispatcher::get_default(Dispatch::clone);
    thread::scope(|scope| {
        let thread = scope.spawn(move || dispatcher::with_default(&dispatch, f));
        thread.join().unwrap()
    })
}

/// A payload of a panic that panics once more when it is dropped.
pub(crate) struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        resume_unwind(Box::new("again"));
    }
}
