//! The outputs of a layer, at work.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use super::counters::OutputCounters;
use super::destination::{Destination, FlushFailure};
use super::queue::Producer;
use super::{FlushError, Incident, Line, Output, Queue, turn};
use crate::record::Level;

/// The outputs of a layer: chosen while it is put together, opened when the first record comes.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    chosen: Mutex<Vec<Output>>,
    open: OnceLock<Vec<OpenOutput>>,
}

impl Outputs {
    /// Has `change` choose other outputs, for as long as none is at work.
    pub(crate) fn choose(&self, change: impl FnOnce(&mut Vec<Output>)) {
        change(&mut self.chosen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn write(&self, line: &Line<'_>) {
        self.open().iter().for_each(|output| output.write(line));
    }

    pub(crate) fn counters(&self) -> Vec<OutputCounters> {
        self.open().iter().map(OpenOutput::counters).collect()
    }

    /// Flushes every output. Those with a queue until then at the most, all at the same time.
    pub(crate) fn flush(&self, until: Option<Instant>) -> Result<(), FlushError> {
        let queues =
            || self.open().iter().filter_map(|output| Some((output, output.queue.as_ref()?)));
        let tickets: Vec<_> = queues().map(|(_, queue)| queue.request_flush(until)).collect();
        let mut failures = Vec::new();
        let mut note = |output: &OpenOutput, result: Result<(), FlushFailure>| {
            if let Err(failure) = result {
                failures.push((output.destination.name.clone(), failure));
            }
        };
        for output in self.open().iter().filter(|output| output.queue.is_none()) {
            let flushed = turn::writing(|| output.destination.flush());
            note(output, flushed.map_err(FlushFailure::Failed));
        }
        for ((output, queue), ticket) in queues().zip(tickets) {
            note(output, queue.wait_for(ticket, until));
        }
        if failures.is_empty() { Ok(()) } else { Err(FlushError(failures)) }
    }

    /// Has each output that could not be flushed do what it does when it fails.
    pub(crate) fn tell(&self, error: &FlushError) {
        for (name, failure) in &error.0 {
            let failed = self.open().iter().find(|output| output.destination.name == *name);
            if let Some(output) = failed {
                let error = failure.to_string();
                let incident = Incident::Unflushed { output: name, error: &error };
                output.destination.on_failure.tell_in_time(&incident);
            }
        }
    }

    fn open(&self) -> &[OpenOutput] {
        self.open.get_or_init(|| {
            let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
            chosen.drain(..).map(Output::open).collect()
        })
    }
}

/// An output at work.
#[derive(Debug)]
pub(super) struct OpenOutput {
    destination: Arc<Destination>,
    max_level: Level,
    queue: Option<Producer>,
}

impl OpenOutput {
    pub(super) fn new(destination: Destination, max_level: Level, queue: Option<Queue>) -> Self {
        let destination = Arc::new(destination);
        let queue = queue.and_then(|queue| Producer::start(queue, &destination));
        Self { destination, max_level, queue }
    }

    fn write(&self, line: &Line<'_>) {
        if line.level() < self.max_level {
            return;
        }
        match &self.queue {
            Some(queue) => queue.push(line),
            None => self.destination.write(std::slice::from_ref(line)),
        }
    }

    fn counters(&self) -> OutputCounters {
        let queued = self.queue.as_ref().map_or(0, Producer::queued);
        self.destination.counts.read(&self.destination.name, queued)
    }
}
