//! An output at work: it writes records at once, or puts them into its queue.

use std::sync::Arc;

use super::counters::OutputCounters;
use super::destination::Destination;
use super::queue::Producer;
use super::{Line, Queue};
use crate::record::Level;

/// An output at work.
#[derive(Debug)]
pub(super) struct OpenOutput {
    pub(super) destination: Arc<Destination>,
    max_level: Level,
    pub(super) queue: Option<Producer>,
}

impl OpenOutput {
    pub(super) fn new(destination: Destination, max_level: Level, queue: Option<Queue>) -> Self {
        let destination = Arc::new(destination);
        let queue = queue.and_then(|queue| Producer::start(queue, &destination));
        Self { destination, max_level, queue }
    }

    #[inline]
    pub(super) fn write(&self, line: &Line<'_>) -> bool {
        if line.level() < self.max_level {
            return false;
        }
        match &self.queue {
            Some(queue) => queue.push(line),
            None => self.destination.write_one(line),
        }
    }

    pub(super) fn counters(&self) -> OutputCounters {
        let queued = self.queue.as_ref().map_or(0, Producer::queued);
        self.destination.counts.read(&self.destination.name, queued)
    }
}
