//! How many records there were, and what became of them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::sums::Sums;

/// What a layer recorded and what became of it, counted since the layer was made.
///
/// Read from [`Delivery::counters`](crate::Delivery::counters); the [`Delivery`](crate::Delivery) is asked for before the
/// layer is composed. Of an output that takes every level,
/// `recorded = written + dropped + queued` whenever nothing is being recorded or written at that moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Records that were made.
    pub recorded: u64,
    /// Records whose payload was shrunk to fit the limit.
    pub truncated: u64,
    /// Values that were redacted under the redaction in force.
    pub redacted: u64,
    /// Each output, in the order in which the layer was given them.
    pub outputs: Vec<OutputCounters>,
}

/// What became of the records that one output was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OutputCounters {
    /// What the output is called.
    pub name: String,
    /// Records that its sink took.
    pub written: u64,
    /// Bytes of these records; of a batch that was taken in part, its share.
    pub bytes: u64,
    /// Records that were lost.
    pub dropped: Dropped,
    /// Calls of the sink that failed; of a batch, one.
    pub write_errors: u64,
    /// Records about losses that were written: they are no part of `written`.
    pub loss_records: u64,
    /// Records that wait in its queue, or are being written from there.
    pub queued: u64,
}

impl OutputCounters {
    /// Of an output that has had nothing to do.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

/// Records that were lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue was full.
    pub queue_full: u64,
    /// The sink failed.
    pub write_failed: u64,
    /// There is nobody to write the queue: the process was forked, and its writer stayed with the parent.
    pub no_writer: u64,
}

impl Dropped {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.queue_full + self.write_failed + self.no_writer
    }
}

/// Why a record was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    QueueFull,
    WriteFailed,
    NoWriter,
}

impl Reason {
    /// In words.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::QueueFull => "the queue is full",
            Self::WriteFailed => "the sink failed",
            Self::NoWriter => "the process was forked, and its writer was not",
        }
    }
}

/// The counts of one output while it works.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Records that were written, and their bytes.
    written: Sums<2>,
    queue_full: AtomicU64,
    write_failed: AtomicU64,
    no_writer: AtomicU64,
    write_errors: AtomicU64,
    loss_records: AtomicU64,
}

impl Counts {
    #[inline]
    pub(super) fn wrote(&self, records: usize, bytes: usize) {
        self.written.add([records as u64, bytes as u64]);
    }

    pub(super) fn wrote_of_losses(&self) {
        self.loss_records.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.write_errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lost(&self, reason: Reason, records: u64) {
        let count = match reason {
            Reason::QueueFull => &self.queue_full,
            Reason::WriteFailed => &self.write_failed,
            Reason::NoWriter => &self.no_writer,
        };
        count.fetch_add(records, Ordering::Relaxed);
    }

    pub(super) fn read(&self, name: &str, queued: u64) -> OutputCounters {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let [written, bytes] = self.written.read();
        OutputCounters {
            name: name.to_owned(),
            written,
            bytes,
            dropped: Dropped {
                queue_full: read(&self.queue_full),
                write_failed: read(&self.write_failed),
                no_writer: read(&self.no_writer),
            },
            write_errors: read(&self.write_errors),
            loss_records: read(&self.loss_records),
            queued,
        }
    }
}
