//! Records that wait for a thread of their own.

mod lanes;
mod panicking;
mod producer;
mod shared;
mod writer;

pub(crate) use panicking::flush_on_panic;
pub(super) use producer::Producer;
pub(crate) use shared::waiting_until;

use std::num::NonZeroUsize;
use std::time::Duration;

/// A bounded queue of whole records, and a thread that writes them: what an operation waits for is a copy in
/// memory, not a disk.
///
/// When it is full, something has to give: [`WhenFull`] says what. Terminal records of failed and cancelled operations
/// are dropped last. Whatever is dropped is counted, and told in the log once it flows again.
///
/// Keep a [`Guard`](crate::Guard): what is in the queue when the process ends is lost without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a queue holds nothing until an output has it"]
pub struct Queue {
    pub(super) capacity: NonZeroUsize,
    pub(super) when_full: WhenFull,
    pub(super) panic_deadline: Duration,
}

/// What gives when a queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// The operation waits for room. Nothing is lost, and a stalled disk stalls the program.
    Block,
    /// The record that comes last.
    #[default]
    DropNewest,
    /// The record that has waited longest.
    DropOldest,
}

impl Queue {
    /// A queue of at most `capacity` records, one at least, that drops the newest when it is full. Those that its thread
    /// has taken out to write come on top: 64 at the most, unless the sink wants more at once.
    ///
    /// It holds on to as much memory as the records in it: 16,000 bytes each at the most, by the default limits.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN),
            when_full: WhenFull::default(),
            panic_deadline: Duration::from_millis(100),
        }
    }

    /// What gives when it is full.
    pub fn when_full(self, when_full: WhenFull) -> Self {
        Self { when_full, ..self }
    }

    /// How long a thread that panics waits for the queue to be written: the process may end with it. 100 ms by
    /// default; zero is not at all.
    pub fn with_panic_deadline(self, panic_deadline: Duration) -> Self {
        Self { panic_deadline, ..self }
    }
}
