//! What the program is told to do.

use std::time::Duration;

use tracing_invocation::Limits;
use tracing_invocation::sink::{Queue, WhenFull};

/// What the program is told to do: arguments `key=value`, the last of a key in force.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) sink: SinkKind,
    pub(crate) queue: Option<Queue>,
    pub(crate) threads: usize,
    /// Of all threads together.
    pub(crate) operations: usize,
    pub(crate) is_async: bool,
    /// Bytes of one record at the most.
    pub(crate) record: usize,
    /// Characters of a text in each record: up to so many, differently many in each.
    pub(crate) text: usize,
    /// Whether the sink takes nothing until all operations are done.
    pub(crate) is_held: bool,
    /// Whether it takes nothing then either.
    pub(crate) is_held_for_good: bool,
    pub(crate) children: usize,
    /// How often it forks.
    pub(crate) forks: usize,
    pub(crate) is_sigpipe_default: bool,
    pub(crate) end: End,
    pub(crate) deadline: Duration,
    /// In front of the names of files for what the program found out.
    pub(crate) report: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum SinkKind {
    Stdout,
    /// A file, opened to append to, through `JsonLines`.
    Append(String),
    /// A file that the sink opens itself, and heals.
    File(String),
    Memory,
    Callback,
}

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Its guard is dropped.
    Guard,
    /// `main` returns, and there is no guard.
    Return,
    Exit,
    Abort,
    Panic,
    /// It waits for a signal.
    Terminate,
}

impl End {
    pub(crate) fn has_guard(self) -> bool {
        self == Self::Guard
    }
}

impl Plan {
    pub(crate) fn read(args: impl Iterator<Item = String>) -> Self {
        let mut plan = Self {
            sink: SinkKind::Stdout,
            queue: None,
            threads: 1,
            operations: 10,
            is_async: false,
            record: Limits::DEFAULT.record,
            text: 0,
            is_held: false,
            is_held_for_good: false,
            children: 0,
            forks: 0,
            is_sigpipe_default: false,
            end: End::Guard,
            deadline: super::LONG,
            report: None,
        };
        for arg in args {
            let (key, value) = arg.split_once('=').unwrap_or((&arg, ""));
            plan.set(key, value).unwrap_or_else(|| panic!("{arg}: no such argument"));
        }
        plan
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "sink" => self.sink = sink(value)?,
            "queue" => self.queue = Some(queue(value)?),
            "panic_ms" => {
                let deadline = Duration::from_millis(value.parse().ok()?);
                self.queue = Some(self.queue?.with_panic_deadline(deadline));
            }
            "threads" => self.threads = value.parse().ok()?,
            "operations" => self.operations = value.parse().ok()?,
            "async" => self.is_async = true,
            "record" => self.record = value.parse().ok()?,
            "text" => self.text = value.parse().ok()?,
            "held" => (self.is_held, self.is_held_for_good) = (true, value == "always"),
            "children" => self.children = value.parse().ok()?,
            "forks" => self.forks = value.parse().ok()?,
            "sigpipe" => self.is_sigpipe_default = value == "default",
            "deadline_ms" => self.deadline = Duration::from_millis(value.parse().ok()?),
            "report" => self.report = Some(value.to_owned()),
            "end" => {
                self.end = match value {
                    "guard" => End::Guard,
                    "return" => End::Return,
                    "exit" => End::Exit,
                    "abort" => End::Abort,
                    "panic" => End::Panic,
                    "terminate" => End::Terminate,
                    _ => return None,
                }
            }
            _ => return None,
        }
        Some(())
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { text: usize::MAX, record: self.record, ..Limits::DEFAULT }
    }
}

/// `stdout`, `memory`, `callback`, or `append:` or `file:` and a path.
fn sink(value: &str) -> Option<SinkKind> {
    Some(match value.split_once(':').unwrap_or((value, "")) {
        ("stdout", _) => SinkKind::Stdout,
        ("append", path) => SinkKind::Append(path.to_owned()),
        ("file", path) => SinkKind::File(path.to_owned()),
        ("memory", _) => SinkKind::Memory,
        ("callback", _) => SinkKind::Callback,
        _ => return None,
    })
}

/// `block`, `newest` or `oldest`, a colon, and how many records.
fn queue(value: &str) -> Option<Queue> {
    let (when_full, capacity) = value.split_once(':')?;
    let when_full = match when_full {
        "block" => WhenFull::Block,
        "newest" => WhenFull::DropNewest,
        "oldest" => WhenFull::DropOldest,
        _ => return None,
    };
    Some(Queue::new(capacity.parse().ok()?).when_full(when_full))
}
