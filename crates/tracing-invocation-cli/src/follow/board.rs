//! Aggregates the records of a followed log in bounded memory.
//!
//! The board knows nothing of files, terminals or clocks: the caller passes each record with the current time.

mod note;
mod rate;
mod row;

pub(super) use note::Note;
pub(super) use row::{Ends, Row};

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use foldhash::HashMap;
use tracing_invocation::{Outcome, Record, SpanId, TraceId};

use self::row::Rows;
use crate::line::{Kind, Why};
use crate::model::lost;

/// The maximum number of open operations that are tracked.
const OPEN: usize = 100_000;
/// The maximum number of failures, cancellations and losses that are kept.
const NOTES: usize = 500;
/// The maximum number of characters of a name or an entity id.
const NAME: usize = 120;

/// Counts records, and keeps the open operations and the latest failures.
pub(super) struct Board {
    open: HashMap<Key, Open>,
    /// The keys of `open`, the oldest first. Both change together, in `begin` and `end`.
    by_age: BTreeSet<(SystemTime, Key)>,
    rows: Rows,
    notes: VecDeque<Note>,
    total: Ends,
    records: u64,
    lost: u64,
    skipped: [u64; Why::ALL.len()],
    untracked: u64,
}

type Key = (TraceId, SpanId);

/// An operation in flight.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) label: Arc<str>,
    pub(super) entity_id: Option<Box<str>>,
    pub(super) began: SystemTime,
    pub(super) is_slow: bool,
    row: usize,
}

impl Open {
    /// Returns how long ago it began.
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.began).unwrap_or_default()
    }
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            open: HashMap::default(),
            by_age: BTreeSet::new(),
            rows: Rows::default(),
            notes: VecDeque::new(),
            total: Ends::default(),
            records: 0,
            lost: 0,
            skipped: [0; Why::ALL.len()],
            untracked: 0,
        }
    }

    /// Adds a record. Returns a note if it is a failure, a cancellation, a slow operation or a loss.
    pub(super) fn take(&mut self, record: &Record, now: SystemTime) -> Option<Note> {
        self.records += 1;
        if let Some(lost) = lost(record) {
            self.lost = self.lost.saturating_add(lost);
            let note = Note::of_losses(record, lost);
            self.keep(note.clone());
            return Some(note);
        }
        let key = (record.trace_id, record.span_id);
        let row = self.rows.find(&record.event_namespace, &record.event_name);
        match record.event_outcome {
            Outcome::Invoke => {
                self.begin(key, record, row, false);
                None
            }
            Outcome::Slow => {
                match self.open.get_mut(&key) {
                    Some(open) => open.is_slow = true,
                    None => self.begin(key, record, row, true),
                }
                Some(self.note(record, row))
            }
            outcome => {
                self.end(key);
                self.total.count(outcome);
                self.rows.count(row, outcome, record.timestamp, now);
                if !matches!(outcome, Outcome::Failed | Outcome::Cancelled) {
                    return None;
                }
                // A note that points to another operation only repeats that operation's error or cancellation.
                let note = self.note(record, row);
                if note.reported_by.is_none() {
                    self.keep(note.clone());
                }
                Some(note)
            }
        }
    }

    /// Counts a line if it was skipped.
    pub(super) fn count(&mut self, kind: Kind) {
        if let Kind::Skipped(why, _) = kind {
            self.skipped[why as usize] += 1;
        }
    }

    /// Starts to track an operation. A `slow` record starts it, too, if its `invoke` was not read; its duration then
    /// says when the operation began.
    fn begin(&mut self, key: Key, record: &Record, row: usize, is_slow: bool) {
        // A second beginning with the same key replaces the first, so that the counts of its row stay correct.
        self.end(key);
        if self.open.len() >= OPEN {
            self.untracked += 1;
            return;
        }
        let since = Duration::from_nanos(record.duration_ns.unwrap_or(0));
        let began = record.timestamp.checked_sub(since).unwrap_or(record.timestamp);
        let label = self.rows.label(row, record);
        let entity_id = record.entity_id.as_deref().map(|entity_id| cut(entity_id, NAME).into());
        self.open.insert(key, Open { label, entity_id, began, is_slow, row });
        self.by_age.insert((began, key));
        self.rows.begin(row);
    }

    fn end(&mut self, key: Key) {
        if let Some(open) = self.open.remove(&key) {
            self.by_age.remove(&(open.began, key));
            self.rows.end(open.row);
        }
    }

    /// Returns a note of any record.
    pub(super) fn note_of(&mut self, record: &Record) -> Note {
        let row = self.rows.find(&record.event_namespace, &record.event_name);
        self.note(record, row)
    }

    fn note(&self, record: &Record, row: usize) -> Note {
        let label = self.rows.label(row, record);
        Note::of(record, label, |id| self.label(record.trace_id, id))
    }

    /// Returns the label of an operation that is open, or that has a note.
    fn label(&self, trace_id: TraceId, span_id: SpanId) -> Option<Arc<str>> {
        let key = (trace_id, span_id);
        let of_open = || self.open.get(&key).map(|open| Arc::clone(&open.label));
        let noted = self.notes.iter().find(|note| (note.trace_id, note.span_id) == key);
        noted.map(|note| Arc::clone(&note.label)).or_else(of_open)
    }

    fn keep(&mut self, note: Note) {
        self.notes.truncate(NOTES - 1);
        self.notes.push_front(note);
    }

    /// Returns the operations in flight, the oldest first.
    pub(super) fn in_flight(&self) -> impl Iterator<Item = &Open> {
        self.by_age.iter().filter_map(|(_, key)| self.open.get(key))
    }

    /// Returns the number of tracked operations in flight.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// Returns how many operations were not tracked because too many were in flight.
    pub(super) fn untracked(&self) -> u64 {
        self.untracked
    }

    /// Returns the number of names.
    pub(super) fn names(&self) -> usize {
        self.rows.len()
    }

    /// Returns the counts by name, the most ends first.
    pub(super) fn rows(&self) -> Vec<&Row> {
        self.rows.sorted()
    }

    /// Returns the latest failures, cancellations and losses, the newest first. An error or a cancellation that passed
    /// through several operations is listed once.
    pub(super) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter()
    }

    pub(super) fn total(&self) -> Ends {
        self.total
    }

    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Returns how many records are missing, according to the log.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Returns the number of skipped lines by reason.
    pub(super) fn skipped(&self) -> impl Iterator<Item = (Why, u64)> {
        Why::ALL.into_iter().zip(self.skipped).filter(|(_, count)| *count > 0)
    }
}

/// Returns at most the first `characters` characters of a text.
fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
pub(super) mod tests;
