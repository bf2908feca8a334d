//! Combines the counts of all threads.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use foldhash::HashMap;

use super::balance::Balance;
use super::tally::{Calls, Counted, Label, Tally};
use crate::input::Source;
use crate::log::Log;
use crate::select::Selected;

/// The counts of a log, by operation.
pub(crate) struct Summary {
    /// In no particular order.
    pub(crate) operations: Vec<(Arc<Label>, Calls)>,
    /// How many records are missing, according to the log.
    pub(crate) lost: u64,
    /// The timestamps of the first and the last record.
    pub(crate) times: Option<(SystemTime, SystemTime)>,
}

impl Summary {
    /// Reads and counts logs.
    pub(crate) fn read(sources: Vec<Source>, selected: &Selected) -> (Self, Log) {
        let open = Mutex::new(Balance::default());
        let (tallies, log) = Log::read(sources, || Tally::new(selected, &open));
        let mut counted = Counted::default();
        tallies.into_iter().for_each(|tally| counted.absorb(tally.counted));
        for (_, label) in open.into_inner().unwrap_or_else(PoisonError::into_inner).into_open() {
            counted.calls(&label).open += 1;
        }
        let (lost, times) = (counted.lost, counted.from.zip(counted.until));
        (Self { operations: counted.into_calls().collect(), lost, times }, log)
    }
}

/// Sorts words by count, the most frequent first.
pub(crate) fn ranked(words: &HashMap<Box<str>, u64>) -> Vec<(&str, u64)> {
    let mut ranked: Vec<_> = words.iter().map(|(word, count)| (&**word, *count)).collect();
    ranked.sort_unstable_by(|(word, count), (other, more)| more.cmp(count).then(word.cmp(other)));
    ranked
}
