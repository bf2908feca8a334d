//! What is known of a log while it is written, in bounded memory.

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

/// How many open operations are known at once.
const OPEN: usize = 100_000;
/// How many failures, cancellations and losses are kept.
const NOTES: usize = 500;
/// Characters of a name or an entity.
const NAME: usize = 120;

/// Counts records, and keeps those that somebody wants to see.
pub(super) struct Board {
    open: HashMap<Key, Open>,
    /// The same, the oldest first.
    by_age: BTreeSet<(SystemTime, Key)>,
    rows: Rows,
    notes: VecDeque<Note>,
    total: Ends,
    records: u64,
    lost: u64,
    passed_over: [u64; Why::ALL.len()],
    not_kept: u64,
}

type Key = (TraceId, SpanId);

/// An operation in flight.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) called: Arc<str>,
    pub(super) entity_id: Option<Box<str>>,
    pub(super) began: SystemTime,
    pub(super) is_slow: bool,
    row: usize,
}

impl Open {
    /// How long ago it began.
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
            passed_over: [0; Why::ALL.len()],
            not_kept: 0,
        }
    }

    /// Takes what came next, and returns it where it is of note: a failure, a cancellation, what is slow or lost.
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
                let note = self.note(record, row);
                if note.teller.is_none() {
                    self.keep(note.clone());
                }
                Some(note)
            }
        }
    }

    /// Counts a line that was read, whatever it was.
    pub(super) fn count(&mut self, kind: Kind) {
        if let Kind::PassedOver(why, _) = kind {
            self.passed_over[why as usize] += 1;
        }
    }

    fn begin(&mut self, key: Key, record: &Record, row: usize, is_slow: bool) {
        self.end(key);
        if self.open.len() >= OPEN {
            self.not_kept += 1;
            return;
        }
        let since = Duration::from_nanos(record.duration_ns.unwrap_or(0));
        let began = record.timestamp.checked_sub(since).unwrap_or(record.timestamp);
        let called = self.rows.called(row, record);
        let entity_id = record.entity_id.as_deref().map(|entity_id| cut(entity_id, NAME).into());
        self.open.insert(key, Open { called, entity_id, began, is_slow, row });
        self.by_age.insert((began, key));
        self.rows.begin(row);
    }

    fn end(&mut self, key: Key) {
        if let Some(open) = self.open.remove(&key) {
            self.by_age.remove(&(open.began, key));
            self.rows.end(open.row);
        }
    }

    /// A record as a note, of note or not.
    pub(super) fn note_of(&mut self, record: &Record) -> Note {
        let row = self.rows.find(&record.event_namespace, &record.event_name);
        self.note(record, row)
    }

    fn note(&self, record: &Record, row: usize) -> Note {
        let called = self.rows.called(row, record);
        Note::of(record, called, |id| self.called(record.trace_id, id))
    }

    /// What an operation is called that is open, or of which there is a note.
    fn called(&self, trace_id: TraceId, span_id: SpanId) -> Option<Arc<str>> {
        let key = (trace_id, span_id);
        let of_open = || self.open.get(&key).map(|open| Arc::clone(&open.called));
        let noted = self.notes.iter().find(|note| (note.trace_id, note.span_id) == key);
        noted.map(|note| Arc::clone(&note.called)).or_else(of_open)
    }

    fn keep(&mut self, note: Note) {
        self.notes.truncate(NOTES - 1);
        self.notes.push_front(note);
    }

    /// The operations in flight, the oldest first.
    pub(super) fn in_flight(&self) -> impl Iterator<Item = &Open> {
        self.by_age.iter().filter_map(|(_, key)| self.open.get(key))
    }

    /// How many operations are in flight, as far as is known.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// How many that began are not known, as there were too many at once.
    pub(super) fn not_kept(&self) -> u64 {
        self.not_kept
    }

    /// How many names there are.
    pub(super) fn names(&self) -> usize {
        self.rows.len()
    }

    /// What is counted by name, most ends first.
    pub(super) fn rows(&self) -> Vec<&Row> {
        self.rows.sorted()
    }

    /// The last failures, cancellations and losses that are told in full, the newest first.
    pub(super) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter()
    }

    pub(super) fn total(&self) -> Ends {
        self.total
    }

    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// How many records the log says are missing.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// How many lines were passed over, by why they were.
    pub(super) fn passed_over(&self) -> impl Iterator<Item = (Why, u64)> {
        Why::ALL.into_iter().zip(self.passed_over).filter(|(_, count)| *count > 0)
    }
}

/// At most so many characters of a text.
fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
pub(super) mod tests;
