//! Counts calls by operation, on each worker thread.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use foldhash::HashMap;
use tracing_invocation::Outcome;
use tracing_invocation::convention::delivery;

use super::balance::Balance;
use super::latency::Latency;
use crate::input::{Place, Reading};
use crate::line::{self, Kind};
use crate::outline::Outline;
use crate::select::Selected;

/// The namespace and the name of an operation.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Label {
    pub(crate) namespace: Box<str>,
    pub(crate) name: Box<str>,
}

/// The counts of one operation.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    pub(crate) success: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
    pub(crate) unknown: u64,
    /// Calls that began and did not end.
    pub(crate) open: u64,
    /// `slow` records.
    pub(crate) slow: u64,
    /// The durations of the calls that ended.
    pub(crate) latency: Latency,
    /// Failures by error type, if the record has the error in full.
    pub(crate) errors: HashMap<Box<str>, u64>,
    /// An example of a message for each error type: the first one in alphabetical order.
    pub(crate) examples: HashMap<Box<str>, Box<str>>,
    /// Failures that refer to the error of an inner operation.
    pub(crate) caused_by: u64,
    /// Cancellations by cause, if the record has one.
    pub(crate) causes: HashMap<Box<str>, u64>,
    /// Cancellations that refer to that of an inner operation.
    pub(crate) cancelled_by: u64,
    /// Cancellations without a recorded cause.
    pub(crate) without_cause: u64,
}

impl Calls {
    fn new() -> Self {
        Self {
            success: 0,
            failed: 0,
            cancelled: 0,
            unknown: 0,
            open: 0,
            slow: 0,
            latency: Latency::new(),
            errors: HashMap::default(),
            examples: HashMap::default(),
            caused_by: 0,
            causes: HashMap::default(),
            cancelled_by: 0,
            without_cause: 0,
        }
    }

    /// Returns the number of all calls, ended or open.
    pub(crate) fn calls(&self) -> u64 {
        self.ended() + self.open
    }

    pub(crate) fn ended(&self) -> u64 {
        self.success + self.failed + self.cancelled + self.unknown
    }

    pub(crate) fn absorb(&mut self, other: &Self) {
        self.success += other.success;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.unknown += other.unknown;
        self.open += other.open;
        self.slow += other.slow;
        self.latency.absorb(&other.latency);
        self.caused_by += other.caused_by;
        self.cancelled_by += other.cancelled_by;
        self.without_cause += other.without_cause;
        other.examples.iter().for_each(|(kind, message)| self.example(kind, message));
        for (mine, others) in [(&mut self.errors, &other.errors), (&mut self.causes, &other.causes)]
        {
            others.iter().for_each(|(word, count)| count_word(mine, word, *count));
        }
    }

    fn add(&mut self, record: &Outline<'_>) {
        match record.event_outcome {
            Outcome::Invoke => return,
            Outcome::Slow => {
                self.slow += 1;
                return;
            }
            Outcome::Success => self.success += 1,
            Outcome::Unknown => self.unknown += 1,
            Outcome::Failed => {
                self.failed += 1;
                if let Some(failure) = &record.payload.error {
                    count_word(&mut self.errors, &failure.kind, 1);
                    self.example(&failure.kind, failure.message.as_deref().unwrap_or_default());
                } else if record.payload.caused_by.is_some() {
                    self.caused_by += 1;
                }
            }
            Outcome::Cancelled => {
                self.cancelled += 1;
                let cancellation = record.payload.cancellation.as_ref();
                if let Some(cause) = cancellation.and_then(|it| it.cause.as_deref()) {
                    count_word(&mut self.causes, cause, 1);
                } else if record.payload.cancelled_by.is_some() {
                    self.cancelled_by += 1;
                } else {
                    self.without_cause += 1;
                }
            }
        }
        if let Some(nanos) = record.duration_ns {
            self.latency.add(nanos);
        }
    }
}

impl Calls {
    /// Keeps the alphabetically first message of an error type, so that the example does not depend on which thread reads it
    /// first.
    fn example(&mut self, kind: &str, message: &str) {
        match self.examples.get_mut(kind) {
            Some(known) if **known <= *message => {}
            Some(known) => *known = message.into(),
            None => drop(self.examples.insert(kind.into(), message.into())),
        }
    }
}

fn count_word(words: &mut HashMap<Box<str>, u64>, word: &str, count: u64) {
    match words.get_mut(word) {
        Some(counted) => *counted += count,
        None => drop(words.insert(word.into(), count)),
    }
}

/// The counts within a namespace, by name.
type ByName = HashMap<Box<str>, (Arc<Label>, Calls)>;

/// The counts of one thread.
#[derive(Default)]
pub(crate) struct Counted {
    /// By namespace, then by name. With two levels, a lookup needs no owned key.
    by_namespace: HashMap<Box<str>, ByName>,
    /// How many records are missing, according to the log.
    pub(crate) lost: u64,
    pub(crate) from: Option<SystemTime>,
    pub(crate) until: Option<SystemTime>,
}

impl Counted {
    fn of(&mut self, namespace: &str, name: &str) -> &mut (Arc<Label>, Calls) {
        if !self.by_namespace.contains_key(namespace) {
            self.by_namespace.insert(namespace.into(), HashMap::default());
        }
        #[expect(clippy::unwrap_used, reason = "inserted above")]
        let by_name = self.by_namespace.get_mut(namespace).unwrap();
        if !by_name.contains_key(name) {
            let label = Label { namespace: namespace.into(), name: name.into() };
            by_name.insert(name.into(), (Arc::new(label), Calls::new()));
        }
        #[expect(clippy::unwrap_used, reason = "inserted above")]
        by_name.get_mut(name).unwrap()
    }

    /// Returns the counts of an operation.
    pub(crate) fn calls(&mut self, label: &Label) -> &mut Calls {
        &mut self.of(&label.namespace, &label.name).1
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.lost = self.lost.saturating_add(other.lost);
        self.from = self.from.into_iter().chain(other.from).min();
        self.until = self.until.max(other.until);
        for (label, calls) in other.into_calls() {
            self.calls(&label).absorb(&calls);
        }
    }

    pub(crate) fn into_calls(self) -> impl Iterator<Item = (Arc<Label>, Calls)> {
        self.by_namespace.into_values().flat_map(HashMap::into_values)
    }
}

/// Counts the lines of one worker thread. A beginning and an end that different threads read are matched in the shared
/// balance.
pub(crate) struct Tally<'a> {
    pub(crate) counted: Counted,
    selected: &'a Selected,
    mine: Balance<Arc<Label>>,
    shared: &'a Mutex<Balance<Arc<Label>>>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(selected: &'a Selected, shared: &'a Mutex<Balance<Arc<Label>>>) -> Self {
        Self { counted: Counted::default(), selected, mine: Balance::default(), shared }
    }

    fn add(&mut self, record: &Outline<'_>) {
        let (namespace, name) = (&*record.event_namespace, &*record.event_name);
        let counted = &mut self.counted;
        if let Some(lost) = lost(record) {
            counted.lost = counted.lost.saturating_add(lost);
            return;
        }
        if !self.selected.takes(namespace, name, record.entity_id.as_deref()) {
            return;
        }
        counted.from =
            Some(counted.from.map_or(record.timestamp, |from| from.min(record.timestamp)));
        counted.until = counted.until.max(Some(record.timestamp));
        let (label, calls) = counted.of(namespace, name);
        calls.add(record);
        let key = (record.trace_id, record.span_id);
        match record.event_outcome {
            Outcome::Invoke => self.mine.begin(key, Arc::clone(label)),
            outcome if outcome.is_terminal() => self.mine.end(key),
            _ => {}
        }
    }
}

impl Reading for Tally<'_> {
    fn line(&mut self, _: Place, line: &[u8]) -> Kind {
        line::read(line, &mut |record: Outline<'_>| self.add(&record))
    }

    fn pause(&mut self) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.take_from(&mut self.mine);
    }
}

/// Returns the number of lost records, if this record reports any.
pub(crate) fn lost(record: &Outline<'_>) -> Option<u64> {
    let is_of_losses =
        record.event_namespace == delivery::NAMESPACE && record.event_name == delivery::NAME;
    let failure = record.payload.error.as_ref().filter(|_| is_of_losses)?;
    failure.details.as_ref()?.lost
}
