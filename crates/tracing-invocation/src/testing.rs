//! Records in memory, for tests: the same bytes that a log would hold, with a clock and ids that repeat.
//!
//! A snapshot test of what a function logs takes three lines:
//!
//! ```
//! #[tracing::instrument(ret, fields(invocation.namespace = "hall"))]
//! fn greet() {}
//!
//! let log = tracing_invocation::testing::capture();
//! greet();
//! insta::assert_snapshot!(log, @r#"
//! {"timestamp":"2000-01-01T00:00:00.000000Z","level":"DEBUG","event_namespace":"hall","event_name":"greet","event_outcome":"invoke","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","payload":{}}
//! {"timestamp":"2000-01-01T00:00:00.001000Z","level":"DEBUG","event_namespace":"hall","event_name":"greet","event_outcome":"success","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","duration_ns":1000000,"payload":{}}
//! "#);
//! ```

mod assertions;

pub use assertions::Calls;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tracing_core::{Dispatch, dispatcher};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use crate::clock::Clock;
use crate::ids::Ids;
use crate::journal::Journal;
use crate::layer::InvocationLayer;
use crate::record::Record;
use crate::sink::{Line, Sink};

/// Midnight of 2000-01-01, when every [`Log`] begins.
const START: Duration = Duration::from_secs(946_684_800);
/// How far each reading of the clock moves it.
const STEP: Duration = Duration::from_millis(1);

/// Captures what this thread records, until the answer is dropped.
///
/// Other threads are not captured: give a runtime with several of them [`Log::layer`] or
/// [`capture_globally`].
#[must_use = "capturing ends when this is dropped"]
pub fn capture() -> Capture {
    let log = Log::new();
    let guard = dispatcher::set_default(&Dispatch::new(registry().with(log.layer())));
    Capture { log, _guard: guard }
}

/// Captures what the whole process records, from now on.
///
/// # Panics
///
/// Where a global subscriber is set already: a test that captured nothing would prove nothing.
#[must_use]
pub fn capture_globally() -> Log {
    let log = Log::new();
    let set = dispatcher::set_global_default(Dispatch::new(registry().with(log.layer())));
    assert!(
        set.is_ok(),
        "a global subscriber is set already: compose it with `Log::layer()` instead"
    );
    log
}

/// What this thread recorded since [`capture`] was called. Reads as a [`Log`].
#[derive(Debug)]
pub struct Capture {
    log: Log,
    _guard: dispatcher::DefaultGuard,
}

impl std::ops::Deref for Capture {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.log
    }
}

impl fmt::Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.log.fmt(f)
    }
}

/// Records in memory. Clones share them.
///
/// Its clock begins at 2000-01-01T00:00:00Z and moves one millisecond with each record, or as [`advance`](Self::advance)
/// says; its ids count from one. `Display` gives the JSON lines.
#[derive(Clone, Debug)]
pub struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    elapsed: Arc<AtomicU64>,
    ids: Ids,
}

impl Default for Log {
    fn default() -> Self {
        Self::new()
    }
}

impl Log {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self { lines: Arc::default(), elapsed: Arc::default(), ids: Ids::counted() }
    }

    /// A layer that records here, for a subscriber of one's own. Keeps what the `with_` methods of
    /// [`InvocationLayer`] say, but for the writer.
    pub fn layer(&self) -> InvocationLayer {
        let journal = Journal {
            clock: Clock::Stepped {
                elapsed: Arc::clone(&self.elapsed),
                start: SystemTime::UNIX_EPOCH + START,
                step: STEP,
            },
            ids: self.ids.clone(),
            ..Journal::new()
        };
        InvocationLayer::new(journal).with_sink(LogSink(Arc::clone(&self.lines)))
    }

    /// Moves the clock of the records.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.elapsed.fetch_add(nanos, Ordering::Relaxed);
    }

    /// The lines, in the order in which they were written, without their newlines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The records, in the order in which they were written.
    ///
    /// # Panics
    ///
    /// Where a line is not a record, which would be a defect of this crate.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.lines()
            .iter()
            .map(|line| match serde_json::from_str(line) {
                Ok(record) => record,
                #[expect(clippy::panic, reason = "documented, and this is a tool for tests")]
                Err(error) => panic!("not a record: {error}: {line}"),
            })
            .collect()
    }

    /// Forgets the records so far.
    pub fn clear(&self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

struct LogSink(Arc<Mutex<Vec<String>>>);

impl Sink for LogSink {
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let line = String::from_utf8_lossy(line.bytes()).trim_end_matches('\n').to_owned();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        Ok(())
    }
}
