//! From the last record to the end of the process: flushing, counting, and what was still open.

mod guard;

pub use guard::Guard;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::journal::Journal;
use crate::settings::InForce;
use crate::sink::{Counters, FlushError, waiting_until};

/// What becomes of a layer's records, seen from outside: counters, and flushing. Clones speak of the same layer.
#[derive(Clone)]
pub struct Delivery {
    journal: Arc<Journal>,
    current: InForce,
}

impl Delivery {
    pub(crate) fn new(journal: &Arc<Journal>, current: &InForce) -> Self {
        journal.outputs.watch();
        Self { journal: Arc::clone(journal), current: current.clone() }
    }

    /// What was recorded, written and lost so far.
    ///
    /// ```
    /// use tracing_subscriber::prelude::*;
    ///
    /// let layer = tracing_invocation::layer();
    /// let delivery = layer.delivery();
    /// let subscriber = tracing_subscriber::registry().with(layer);
    /// # drop(subscriber);
    ///
    /// let lost: u64 = delivery.counters().outputs.iter().map(|output| output.dropped.total()).sum();
    /// assert_eq!(lost, 0);
    /// ```
    #[must_use]
    pub fn counters(&self) -> Counters {
        let (recorded, truncated) = self.journal.tally.read();
        let redacted = self.current.with(|current| current.redaction().redacted());
        Counters { recorded, truncated, redacted, outputs: self.journal.outputs.counters() }
    }

    /// Waits until what was recorded before this call is written and flushed, by every output, `deadline` in all at
    /// the most. What was lost is told in the log, if it can be.
    ///
    /// The deadline holds for outputs with a queue; one without is flushed on this thread, and takes what it takes.
    ///
    /// # Errors
    ///
    /// Where an output could not be flushed, or not in time. The others were, nevertheless. That all was flushed does not
    /// say that nothing was lost: [`counters`](Self::counters) do.
    pub fn flush(&self, deadline: Duration) -> Result<(), FlushError> {
        self.journal.outputs.flush(Instant::now().checked_add(deadline))
    }

    /// Records what is still open as `unknown`, with the reason `process exit`, and flushes. Both take until the deadline
    /// at the most, but for outputs without a queue: a queue that blocks loses, and counts, what has no room by then.
    ///
    /// Operations that go on afterwards have had their end: nothing more is recorded of them.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn finish(&self, deadline: Duration) -> Result<(), FlushError> {
        self.end(deadline).1
    }

    /// [`finish`](Self::finish). Also returns how many operations were recorded as `unknown`.
    fn end(&self, deadline: Duration) -> (usize, Result<(), FlushError>) {
        let until = Instant::now().checked_add(deadline);
        let settle = || self.journal.settle_open(until, &self.current.load());
        let unknown = waiting_until(until, settle);
        let flushed = self.journal.outputs.flush(until);
        self.journal.outputs.wind_up(until);
        (unknown, flushed)
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("counters", &self.counters()).finish()
    }
}
