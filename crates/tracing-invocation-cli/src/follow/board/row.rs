//! Counts operations by name.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use foldhash::HashMap;
use tracing_invocation::{Outcome, Record};

use super::rate::Rate;
use super::{NAME, cut};

/// The maximum number of names with a row of their own.
const ROWS: usize = 1_000;
/// The label of the row that counts all other names.
const OTHERS: &str = "(others)";

/// The number of operations that ended, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Ends {
    pub(in super::super) success: u64,
    pub(in super::super) failed: u64,
    pub(in super::super) cancelled: u64,
    pub(in super::super) unknown: u64,
}

/// The counts of one name.
#[derive(Clone, Debug)]
pub(in super::super) struct Row {
    /// Namespace and name.
    pub(in super::super) label: Arc<str>,
    pub(in super::super) ends: Ends,
    pub(in super::super) open: u64,
    rate: Rate,
}

/// The rows of all names, up to [`ROWS`].
#[derive(Debug, Default)]
pub(super) struct Rows {
    places: HashMap<Arc<str>, usize>,
    rows: Vec<Row>,
}

impl Ends {
    pub(super) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Success => self.success += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Cancelled => self.cancelled += 1,
            Outcome::Unknown => self.unknown += 1,
            Outcome::Invoke | Outcome::Slow => {}
        }
    }

    pub(in super::super) fn all(&self) -> u64 {
        self.success + self.failed + self.cancelled + self.unknown
    }
}

impl Row {
    fn new(label: Arc<str>) -> Self {
        Self { label, ends: Ends::default(), open: 0, rate: Rate::new() }
    }

    /// Returns how many operations ended per second, over the last `span`.
    pub(in super::super) fn per_second(&self, span: Duration, now: SystemTime) -> f64 {
        self.rate.per_second(span, now)
    }
}

impl Rows {
    /// Returns the index of the row for this name, and creates the row if needed.
    pub(super) fn find(&mut self, namespace: &str, name: &str) -> usize {
        let label = label(namespace, name);
        if let Some(place) = self.places.get(&*label) {
            return *place;
        }
        let label: Arc<str> = if self.rows.len() < ROWS { label.into() } else { Arc::from(OTHERS) };
        if let Some(place) = self.places.get(&label) {
            return *place;
        }
        self.places.insert(Arc::clone(&label), self.rows.len());
        self.rows.push(Row::new(label));
        self.rows.len() - 1
    }

    /// Returns the label of a record's operation, which is more specific than the label of the row for others.
    pub(super) fn label(&self, row: usize, record: &Record) -> Arc<str> {
        let of_row = &self.rows[row].label;
        if &**of_row == OTHERS {
            return label(&record.event_namespace, &record.event_name).into();
        }
        Arc::clone(of_row)
    }

    pub(super) fn begin(&mut self, row: usize) {
        self.rows[row].open += 1;
    }

    pub(super) fn end(&mut self, row: usize) {
        self.rows[row].open -= 1;
    }

    pub(super) fn count(&mut self, row: usize, outcome: Outcome, at: SystemTime, now: SystemTime) {
        self.rows[row].ends.count(outcome);
        self.rows[row].rate.count(at, now);
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn sorted(&self) -> Vec<&Row> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|row| (Reverse(row.ends.all()), Arc::clone(&row.label)));
        rows
    }
}

fn label(namespace: &str, name: &str) -> String {
    format!("{} {}", cut(namespace, NAME), cut(name, NAME))
}
