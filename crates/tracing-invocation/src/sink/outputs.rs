//! The outputs of a layer, at work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use super::counters::OutputCounters;
use super::destination::{Destination, FlushFailure};
use super::open_output::OpenOutput;
use super::{FlushError, Incident, Line, Output, report, turn};
use crate::payload::text::quietly;

/// The outputs of a layer: chosen while it is put together, opened when the first record comes.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    chosen: Mutex<Vec<Output>>,
    open: OnceLock<Vec<OpenOutput>>,
    /// Whether somebody may flush them.
    is_watched: AtomicBool,
}

impl Outputs {
    /// Has `change` choose other outputs: the layer is not composed yet. No two have the same name.
    pub(crate) fn choose(&self, change: impl FnOnce(&mut Vec<Output>)) {
        let mut chosen = self.chosen();
        change(&mut chosen);
        for at in 1..chosen.len() {
            let (before, rest) = chosen.split_at_mut(at);
            let Some(name) = rest.first_mut().map(Output::name_mut) else { continue };
            let is_taken = |name: &str| before.iter().any(|output| output.name() == name);
            if is_taken(name) {
                let numbered = (2..).map(|number| format!("{name} {number}"));
                *name = { numbered }.find(|name| !is_taken(name)).unwrap_or_default();
            }
        }
    }

    /// Somebody may flush them from now on.
    pub(crate) fn watch(&self) {
        self.is_watched.store(true, Ordering::Relaxed);
    }

    /// Says so where records may wait in a queue, and nobody can flush it any more.
    pub(crate) fn report_unwatched(&self) {
        if self.is_watched.load(Ordering::Relaxed) {
            return;
        }
        let queued = |output: &&Output| output.has_queue();
        let name = self.chosen().iter().find(queued).map(|output| output.name().to_owned());
        if let Some(name) = name {
            report(format_args!(
                "{name}: what is in its queue when the program ends is lost: keep `let _guard = layer.guard();` in \
                 main, from before the layer is composed"
            ));
        }
    }

    pub(crate) fn counters(&self) -> Vec<OutputCounters> {
        match self.open.get() {
            Some(open) => open.iter().map(OpenOutput::counters).collect(),
            None => self.chosen().iter().map(|output| OutputCounters::new(output.name())).collect(),
        }
    }

    /// Flushes every output. Those with a queue until then at the most, all at the same time.
    pub(crate) fn flush(&self, until: Option<Instant>) -> Result<(), FlushError> {
        let queues =
            || self.working().iter().filter_map(|output| Some((output, output.queue.as_ref()?)));
        let tickets: Vec<_> = queues().map(|(_, queue)| queue.request_flush(until)).collect();
        let mut failures = Vec::new();
        let mut note = |output: &OpenOutput, result: Result<(), FlushFailure>| {
            if let Err(failure) = result {
                failures.push((output.destination.name.clone(), failure));
            }
        };
        for output in self.working().iter().filter(|output| output.queue.is_none()) {
            let flushed = turn::writing(|| output.destination.flush());
            note(output, flushed.map_err(FlushFailure::Failed));
        }
        for ((output, queue), ticket) in queues().zip(tickets) {
            note(output, queue.wait_for(ticket, until));
        }
        if failures.is_empty() { Ok(()) } else { Err(FlushError(failures)) }
    }

    /// Has every sink end the work that the end of the process would tear, until then at the most.
    pub(crate) fn wind_up(&self, until: Option<Instant>) {
        for output in self.working() {
            turn::writing(|| quietly(|| output.destination.sink.wind_up(until)));
        }
    }

    /// Has each output that could not be flushed, or whose log does not tell of its losses, do what it does when it
    /// fails: nothing more will come.
    pub(crate) fn tell_at_the_end(&self, flushed: Result<(), FlushError>) {
        let failures = flushed.err().map_or_else(Vec::new, |error| error.0);
        for output in self.working() {
            let Destination { name, on_failure, .. } = &*output.destination;
            if let Some((_, failure)) = failures.iter().find(|(failed, _)| failed == name) {
                let error = failure.to_string();
                on_failure.tell_in_time(&Incident::Unflushed { output: name, error: &error });
            }
            if let Some((lost, since, until)) = output.destination.untold() {
                on_failure.tell_in_time(&Incident::Untold { output: name, lost, since, until });
            }
        }
    }

    fn open(&self) -> &[OpenOutput] {
        self.open.get_or_init(|| self.chosen().drain(..).map(Output::open).collect())
    }

    /// Those at work: none before the first record.
    fn working(&self) -> &[OpenOutput] {
        self.open.get().map_or(&[], Vec::as_slice)
    }

    fn chosen(&self) -> MutexGuard<'_, Vec<Output>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl turn::Write for Outputs {
    #[inline]
    fn write(&self, line: &Line<'_>) -> bool {
        let mut is_taken = false;
        for output in self.open() {
            is_taken |= output.write(line);
        }
        is_taken
    }
}
