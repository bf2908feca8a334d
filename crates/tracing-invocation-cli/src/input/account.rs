//! Counts lines by what became of them.

use crate::line::{Kind, Why};

/// The position of a line: the index of its source (from 0) and its line number (from 1).
///
/// Places sort in the order of the log: by source as named on the command line, then by line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) source: usize,
    pub(crate) line: u64,
}

/// The number of records and of skipped lines, and the sources that failed.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) records: u64,
    skipped: [Skipped; Why::ALL.len()],
    pub(crate) troubles: Vec<Trouble>,
    /// The positions of all lines that were too long. Their number is small, because each takes more than
    /// [`MAX_LINE`](super::MAX_LINE) bytes.
    pub(crate) too_long: Vec<Place>,
}

/// A source that could not be read, or could not be read to its end.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) source: usize,
    /// The error and, if something can be done about it, a suggestion.
    pub(crate) message: String,
}

/// The lines that were skipped for one reason.
#[derive(Clone, Copy, Debug, Default)]
struct Skipped {
    count: u64,
    first: Option<Place>,
}

impl Account {
    pub(crate) fn count(&mut self, at: Place, kind: Kind) {
        match kind {
            Kind::Blank => {}
            Kind::Records(count) => self.records += count as u64,
            Kind::Skipped(why, records) => {
                self.records += records as u64;
                let of_kind = &mut self.skipped[why as usize];
                of_kind.absorb(Skipped { count: 1, first: Some(at) });
                if why == Why::TooLong {
                    self.too_long.push(at);
                }
            }
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.records += other.records;
        self.troubles.extend(other.troubles);
        self.too_long.extend(other.too_long);
        for (mine, other) in self.skipped.iter_mut().zip(other.skipped) {
            mine.absorb(other);
        }
    }

    /// Returns how many lines were skipped for a reason, and the first of them; `None` if there were none.
    pub(crate) fn skipped(&self, why: Why) -> Option<(u64, Place)> {
        let of_kind = self.skipped[why as usize];
        Some((of_kind.count, of_kind.first?))
    }
}

impl Skipped {
    fn absorb(&mut self, other: Self) {
        self.count += other.count;
        // The smallest position, and not the first one seen: workers take blocks in no fixed order.
        self.first = self.first.into_iter().chain(other.first).min();
    }
}
