//! Captures records in memory, for tests: the lines a log would hold, with a clock and ids that repeat.
//!
//! [`capture`] records the operations of one test. A snapshot of [`Log::tree`] says which operations there were, inside
//! which others, and how each ended. It leaves out times, ids and order, so it is the same on every run and every runtime:
//!
//! ```
//! use tracing_invocation::{operation, testing};
//!
//! #[operation(entity_id = sku)]
//! fn reserve(sku: &str) -> Result<(), std::num::ParseIntError> {
//!     sku.parse::<u32>().map(drop)
//! }
//!
//! #[operation]
//! fn checkout() {
//!     let _ = reserve("12");
//!     let _ = reserve("x");
//! }
//!
//! let log = testing::capture();
//! checkout();
//! insta::assert_snapshot!(log.tree(), @r"
//! checkout success
//!   reserve [12] success
//!   reserve [x] failed ParseIntError: invalid digit found in string
//! ");
//! ```
//!
//! # Which operations are captured
//!
//! Tests run in parallel in one process, and no test sees the records of another. A [`Capture`] therefore takes an
//! operation only where it is known that both belong together. The first of these that holds decides:
//!
//! 1. The operation's span has an explicit parent: it belongs to the capture of the parent.
//! 2. Something is active on its thread: a span that is entered, a future polled by [`Capture::follow`], a function run by
//!    [`Capture::follow_thread`], or a capture that was made on this thread and is not dropped. Of several, the innermost
//!    decides, so of two nested captures the inner one takes what happens until it is dropped.
//! 3. It runs on a tokio runtime, and one capture follows this runtime: [`capture`] was called inside it, or
//!    [`Capture::follow_runtime`] was. So what `tokio::spawn` and `spawn_blocking` start in a `#[tokio::test]` of any
//!    flavor is captured. This needs tokio 1.49 or later, and the feature `tokio`.
//!
//! ```
//! use tracing_invocation::{operation, testing};
//!
//! #[operation(entity_id = number)]
//! async fn fetch(number: u32) -> u32 {
//!     number
//! }
//!
//! #[tokio::main(flavor = "multi_thread")] // or `#[tokio::test(flavor = "multi_thread")]`
//! async fn main() {
//!     let log = testing::capture();
//!     let mut set = tokio::task::JoinSet::new();
//!     (0..3).for_each(|number| drop(set.spawn(fetch(number % 2))));
//!     set.join_all().await;
//!     insta::assert_snapshot!(log.tree(), @r"
//!     fetch [0] success ×2
//!     fetch [1] success
//!     ");
//! }
//! ```
//!
//! Nothing is known of a plain thread: it may be one of another test. Where the test starts one, it says so:
//!
//! ```
//! # use tracing_invocation::{operation, testing};
//! # #[operation]
//! # fn compress() {}
//! let log = testing::capture();
//! std::thread::spawn(log.follow_thread(compress)).join().unwrap();
//! log.assert_every_invoke_ended_once();
//! assert_eq!(log.records().len(), 2);
//! ```
//!
//! An operation that belongs to no capture is counted by those that are active: a failed assertion reports how many there were
//! and on which thread the first one ran, and so does a note on stderr when the capture is dropped.
//! [`Log::assert_nothing_missed`] fails if there was one.
//!
//! Two captures that follow one runtime from two threads cannot be told apart by it: its tasks belong to neither, and
//! are counted by both. Wrap them in [`Capture::follow`].
//!
//! # Beside subscribers of the program
//!
//! The first [`capture`] makes a subscriber of this module the global default of the process, for without one nobody hears
//! other threads. It disables every span while there is no capture. A program that sets a global default itself, for example
//! in a helper of its tests, has two choices:
//!
//! - It sets its own before the first capture. [`capture`] then takes what begins on its own thread, and what
//!   [`Capture::follow`] and [`Capture::follow_thread`] run on others. What else begins on other threads goes to the
//!   program's subscriber, and is not counted here. To see all of it, compose a [`Log::layer`] into that subscriber.
//! - All of its tests use [`capture_thread`], which leaves the global default alone.

mod assertions;
mod capture;
mod router;
mod runtime;
mod tree;

pub use assertions::Calls;
pub use capture::{Capture, Follow, capture, capture_globally, capture_thread};
pub use tree::Tree;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::ids::Ids;
use crate::journal::Journal;
use crate::layer::InvocationLayer;
use crate::record::Record;
use crate::sink::{Line, Sink};
use router::Missed;

/// Midnight of 2000-01-01, when every [`Log`] begins.
const START: Duration = Duration::from_secs(946_684_800);
/// How far each reading of the clock moves it.
const STEP: Duration = Duration::from_millis(1);

/// Records in memory. Clones share them.
///
/// Its clock begins at 2000-01-01T00:00:00Z and moves one millisecond with each record, or as [`advance`](Self::advance)
/// says; its ids count from one. `Display` gives the JSON lines, in the order in which they were written: where several
/// threads write, times and ids differ from run to run, and [`tree`](Self::tree) does not.
#[derive(Clone, Debug)]
pub struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    elapsed: Arc<AtomicU64>,
    ids: Ids,
    /// What the capture of this log, if it has one, did not take.
    missed: Arc<Missed>,
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
        Self {
            lines: Arc::default(),
            elapsed: Arc::default(),
            ids: Ids::counted(),
            missed: Arc::default(),
        }
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

    /// Returns the operations as a tree, without times, ids and order: see [`Tree`].
    ///
    /// # Panics
    ///
    /// As [`records`](Self::records).
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::of(&self.records())
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
