//! Offences: how many of each kind, and the first of them.

use std::collections::BinaryHeap;
use std::num::NonZero;

use tracing_invocation::{SpanId, TraceId};

use crate::input::Place;

/// What tells an operation from all others.
pub(super) type Key = (TraceId, SpanId);

/// A [`Place`] in eight bytes, for there is one of every beginning and every end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot(NonZero<u64>);

/// How many bits a line's number has.
const LINE: u32 = 44;

impl Spot {
    /// No command line names a million files, and no file has more lines than 44 bits count.
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

/// An offence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// What is not as the schema says.
    Schema(String),
    /// Why it cannot be read.
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

/// The kinds of offences: the word of each in JSON, and what one and what several are called.
pub(super) const KINDS: [(&str, &str, &str); 10] = [
    ("schema", "record against the schema", "records against the schema"),
    ("invalid", "record that cannot be read", "records that cannot be read"),
    ("torn", "torn line", "torn lines"),
    ("too_long", "line that is too long", "lines that are too long"),
    ("second_beginning", "second beginning", "second beginnings"),
    ("second_end", "second end", "second ends"),
    ("end_before_beginning", "end before its beginning", "ends before their beginnings"),
    ("no_end", "beginning without an end", "beginnings without an end"),
    ("no_beginning", "end without a beginning", "ends without a beginning"),
    ("foreign", "line that is no record", "lines that are no records"),
];

impl What {
    /// Which of [`KINDS`] it is of.
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

/// Offences that were found, in whatever order.
#[derive(Clone, Debug)]
pub(super) struct Found {
    counts: [u64; KINDS.len()],
    /// How many are kept.
    most: usize,
    /// The first in the order of the log: the last of them is on top.
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

    /// Counts an offence that has words, which are only found where it is kept.
    pub(super) fn add_told(
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

    /// The first offences, in the order of the log.
    pub(super) fn first(&self) -> Vec<(Spot, What)> {
        self.first.clone().into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_is_its_place_and_spots_stand_in_the_order_of_places() {
        let places = [(0, 1), (0, 2), (0, 1 << 40), (1, 1), (70_000, 5), (1_000_000, 1)];
        let places = places.map(|(source, line)| Place { source, line });
        assert_eq!(places.map(|place| Spot::of(place).place()), places);
        assert!(places.map(Spot::of).is_sorted());
    }

    #[test]
    fn what_is_kept_is_the_first_in_whatever_order_it_was_found() {
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
