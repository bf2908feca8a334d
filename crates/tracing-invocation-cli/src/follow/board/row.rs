//! What is counted by the name of operations.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use foldhash::HashMap;
use tracing_invocation::{Outcome, Record};

use super::rate::Rate;
use super::{NAME, cut};

/// How many names are told apart.
const ROWS: usize = 1_000;
/// What all others are counted as.
const OTHERS: &str = "(others)";

/// How many operations ended, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Ends {
    pub(in super::super) success: u64,
    pub(in super::super) failed: u64,
    pub(in super::super) cancelled: u64,
    pub(in super::super) unknown: u64,
}

/// The operations of one name.
#[derive(Clone, Debug)]
pub(in super::super) struct Row {
    /// Namespace and name.
    pub(in super::super) called: Arc<str>,
    pub(in super::super) ends: Ends,
    pub(in super::super) open: u64,
    rate: Rate,
}

/// All names, as far as there are not too many.
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
    fn new(called: Arc<str>) -> Self {
        Self { called, ends: Ends::default(), open: 0, rate: Rate::new() }
    }

    /// How many ended a second, over the last `span`.
    pub(in super::super) fn per_second(&self, span: Duration, now: SystemTime) -> f64 {
        self.rate.per_second(span, now)
    }
}

impl Rows {
    /// The place of the row of this name.
    pub(super) fn find(&mut self, namespace: &str, name: &str) -> usize {
        let called = called(namespace, name);
        if let Some(place) = self.places.get(&*called) {
            return *place;
        }
        let called: Arc<str> =
            if self.rows.len() < ROWS { called.into() } else { Arc::from(OTHERS) };
        if let Some(place) = self.places.get(&called) {
            return *place;
        }
        self.places.insert(Arc::clone(&called), self.rows.len());
        self.rows.push(Row::new(called));
        self.rows.len() - 1
    }

    /// What the operation of a record in this row is called.
    pub(super) fn called(&self, row: usize, record: &Record) -> Arc<str> {
        let of_row = &self.rows[row].called;
        if &**of_row == OTHERS {
            return called(&record.event_namespace, &record.event_name).into();
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
        rows.sort_by_key(|row| (Reverse(row.ends.all()), Arc::clone(&row.called)));
        rows
    }
}

fn called(namespace: &str, name: &str) -> String {
    format!("{} {}", cut(namespace, NAME), cut(name, NAME))
}
