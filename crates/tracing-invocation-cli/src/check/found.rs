//! Counts problems by kind, and keeps the first of them for display.

use std::collections::BinaryHeap;
use std::num::NonZero;

use tracing_invocation::{SpanId, TraceId};

use crate::input::Place;

/// Identifies an operation.
pub(super) type Key = (TraceId, SpanId);

/// A [`Place`] packed into eight bytes, because every beginning and every end stores one.
///
/// The source is in the high bits and the line in the low ones, so the order of spots is the order of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot(NonZero<u64>);

/// The number of bits for a line number.
const LINE: u32 = 44;

impl Spot {
    /// Packs a place. 20 bits hold the source (a million files), and 44 bits the line. Larger line numbers are clamped.
    pub(super) fn of(place: Place) -> Self {
        let line = place.line.clamp(1, (1 << LINE) - 1);
        let packed = (place.source as u64) << LINE | line;
        Self(NonZero::new(packed).unwrap_or(NonZero::<u64>::MIN))
    }

    pub(super) fn place(self) -> Place {
        let packed = self.0.get();
        let source = usize::try_from(packed >> LINE).unwrap_or(usize::MAX);
        Place { source, line: packed & ((1 << LINE) - 1) }
    }
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The record violates the schema. Holds a description of the violations.
    Schema(String),
    /// The record cannot be parsed. Holds the reason.
    Invalid(String),
    Torn,
    TooLong,
    SecondBeginning(Key),
    SecondEnd(Key),
    EndBeforeBeginning(Key),
    NoEnd(Key),
    NoBeginning(Key),
    Foreign,
}

/// The kinds of problems: the JSON key of each, its singular and its plural.
pub(super) const KINDS: [(&str, &str, &str); 10] = [
    ("schema", "record against the schema", "records against the schema"),
    ("invalid", "record that cannot be parsed", "records that cannot be parsed"),
    ("torn", "torn line", "torn lines"),
    ("too_long", "line that is too long", "lines that are too long"),
    ("second_beginning", "second beginning", "second beginnings"),
    ("second_end", "second end", "second ends"),
    ("end_before_beginning", "end before its beginning", "ends before their beginnings"),
    ("no_end", "beginning without an end", "beginnings without an end"),
    ("no_beginning", "end without a beginning", "ends without a beginning"),
    ("foreign", "line that is not a record", "lines that are not records"),
];

impl What {
    /// Returns the index into [`KINDS`].
    pub(super) const fn kind(&self) -> usize {
        match self {
            Self::Schema(_) => 0,
            Self::Invalid(_) => 1,
            Self::Torn => 2,
            Self::TooLong => 3,
            Self::SecondBeginning(_) => 4,
            Self::SecondEnd(_) => 5,
            Self::EndBeforeBeginning(_) => 6,
            Self::NoEnd(_) => 7,
            Self::NoBeginning(_) => 8,
            Self::Foreign => 9,
        }
    }
}

/// Collects problems, which may arrive in any order.
#[derive(Clone, Debug)]
pub(super) struct Found {
    counts: [u64; KINDS.len()],
    /// The maximum number of problems to keep.
    most: usize,
    /// The first problems in the order of the log. This is a max-heap: the last one of them is on top, and is
    /// dropped when an earlier problem arrives.
    first: BinaryHeap<(Spot, What)>,
}

impl Found {
    pub(super) fn new(most: usize) -> Self {
        Self { counts: [0; KINDS.len()], most, first: BinaryHeap::new() }
    }

    pub(super) fn add(&mut self, at: Spot, what: What) {
        self.counts[what.kind()] += 1;
        if self.is_kept(at) {
            self.keep(at, what);
        }
    }

    /// Counts a problem with a description, which is computed only if the problem is kept.
    pub(super) fn add_described(
        &mut self,
        at: Spot,
        what: fn(String) -> What,
        words: impl FnOnce() -> String,
    ) {
        self.counts[what(String::new()).kind()] += 1;
        if self.is_kept(at) {
            self.keep(at, what(words()));
        }
    }

    fn is_kept(&self, at: Spot) -> bool {
        self.first.len() < self.most || self.first.peek().is_some_and(|(last, _)| at <= *last)
    }

    fn keep(&mut self, at: Spot, what: What) {
        self.first.push((at, what));
        if self.first.len() > self.most {
            self.first.pop();
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        for (mine, other) in self.counts.iter_mut().zip(other.counts) {
            *mine += other;
        }
        for (at, what) in other.first {
            self.keep(at, what);
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(super) fn counts(&self) -> &[u64; KINDS.len()] {
        &self.counts
    }

    /// Returns the first problems, in the order of the log.
    pub(super) fn first(&self) -> Vec<(Spot, What)> {
        self.first.clone().into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spots_round_trip_and_sort_like_places() {
        let places = [(0, 1), (0, 2), (0, 1 << 40), (1, 1), (70_000, 5), (1_000_000, 1)];
        let places = places.map(|(source, line)| Place { source, line });
        assert_eq!(places.map(|place| Spot::of(place).place()), places);
        assert!(places.map(Spot::of).is_sorted());
    }

    #[test]
    fn the_first_problems_are_kept_whatever_the_order_of_arrival() {
        let spot = |line| Spot::of(Place { source: 0, line });
        let mut found = Found::new(2);
        [5, 1, 9, 3].into_iter().for_each(|line| found.add(spot(line), What::Torn));
        let mut other = Found::new(2);
        other.add(spot(2), What::TooLong);
        found.absorb(other);
        assert_eq!(found.first(), [(spot(1), What::Torn), (spot(2), What::TooLong)]);
        assert_eq!(found.count(), 5);
    }
}
