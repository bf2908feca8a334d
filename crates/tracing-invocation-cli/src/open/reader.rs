//! Reads the lines of one worker thread.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use foldhash::HashMap;
use tracing_invocation::Outcome;
use tracing_invocation::convention::payload;

use super::matching::{Matching, Open};
use crate::input::{Place, Reading};
use crate::line::{self, Kind};
use crate::outline::Outline;
use crate::stats;

/// What logs say beside their operations.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// How many records are missing.
    pub(super) lost: u64,
    /// By source: the time of the last record, and of the last that tells of a program's end.
    times: HashMap<usize, Times>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    last: Option<SystemTime>,
    exit: Option<SystemTime>,
}

impl Heard {
    pub(super) fn absorb(&mut self, other: Self) {
        self.lost = self.lost.saturating_add(other.lost);
        for (source, times) in other.times {
            let mine = self.times.entry(source).or_default();
            mine.last = mine.last.max(times.last);
            mine.exit = mine.exit.max(times.exit);
        }
    }

    /// The time of the last record of a source.
    pub(super) fn last(&self, source: usize) -> Option<SystemTime> {
        self.times.get(&source)?.last
    }

    /// When a program last ended in good order.
    pub(super) fn exit(&self, source: usize) -> Option<SystemTime> {
        self.times.get(&source)?.exit
    }
}

/// Matches beginnings and ends within a block, and moves the rest to the shared [`Matching`] once per block.
pub(super) struct Reader<'a> {
    pub(super) heard: Heard,
    block: Matching,
    shared: &'a Mutex<Matching>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(shared: &'a Mutex<Matching>) -> Self {
        Self { heard: Heard::default(), block: Matching::default(), shared }
    }
}

/// Takes a record.
fn add(heard: &mut Heard, block: &mut Matching, at: Place, record: Outline<'_>) {
    let times = heard.times.entry(at.source).or_default();
    times.last = times.last.max(Some(record.timestamp));
    if let Some(lost) = stats::lost(&record) {
        heard.lost = heard.lost.saturating_add(lost);
        return;
    }
    let key = (record.trace_id, record.span_id);
    match record.event_outcome {
        Outcome::Invoke => block.begin(
            key,
            Open {
                at,
                began: record.timestamp,
                namespace: record.event_namespace.into(),
                name: record.event_name.into(),
                entity_id: record.entity_id.map(Into::into),
                parent: record.parent_span_id.map(|parent| (record.trace_id, parent)),
            },
        ),
        Outcome::Slow => {
            if let Some(slow) = record.payload.slow {
                block.slow(key, record.timestamp, slow);
            }
        }
        _ => {
            if record.payload.unknown_reason.as_deref() == Some(payload::PROCESS_EXIT) {
                times.exit = times.exit.max(Some(record.timestamp));
            }
            block.end(key);
        }
    }
}

impl Reading for Reader<'_> {
    fn line(&mut self, at: Place, line: &[u8]) -> Kind {
        line::read(line, &mut |record| add(&mut self.heard, &mut self.block, at, record))
    }

    fn pause(&mut self) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.take_from(&mut self.block);
    }
}
