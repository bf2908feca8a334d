//! What became of every line.

use crate::line::{Kind, Why};

/// A line of a source, both counted from where they begin: sources at 0, lines at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) source: usize,
    pub(crate) line: u64,
}

/// How many lines there were, and of what kind.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) records: u64,
    passed_over: [PassedOver; Why::ALL.len()],
    pub(crate) troubles: Vec<Trouble>,
    /// Every line that is too long, of which there is at most one in so many bytes.
    pub(crate) too_long: Vec<Place>,
}

/// A source that could not be read, or not to its end.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) source: usize,
    /// What happened and, where there is something to do about it, what.
    pub(crate) message: String,
}

/// Lines of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct PassedOver {
    count: u64,
    first: Option<Place>,
}

impl Account {
    pub(crate) fn count(&mut self, at: Place, kind: Kind) {
        match kind {
            Kind::Blank => {}
            Kind::Records(count) => self.records += count as u64,
            Kind::PassedOver(why, records) => {
                self.records += records as u64;
                let of_kind = &mut self.passed_over[why as usize];
                of_kind.absorb(PassedOver { count: 1, first: Some(at) });
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
        for (mine, other) in self.passed_over.iter_mut().zip(other.passed_over) {
            mine.absorb(other);
        }
    }

    /// How many lines were passed over for a reason, and where the first of them is.
    pub(crate) fn passed_over(&self, why: Why) -> Option<(u64, Place)> {
        let of_kind = self.passed_over[why as usize];
        Some((of_kind.count, of_kind.first?))
    }
}

impl PassedOver {
    fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.into_iter().chain(other.first).min();
    }
}
