//! What waits in a queue: two lanes, so that what matters most is dropped last.

use std::collections::VecDeque;

use super::super::Line;
use super::WhenFull;
use crate::record::{Level, Outcome};

/// A record that waits.
pub(super) struct Waiting {
    /// When it came, among the others.
    pub(super) number: u64,
    pub(super) level: Level,
    pub(super) outcome: Outcome,
    pub(super) bytes: Vec<u8>,
}

impl Waiting {
    pub(super) fn line(&self) -> Line<'_> {
        Line::native(self.level, self.outcome, &self.bytes)
    }
}

/// What waits, in the order in which it came.
#[derive(Default)]
pub(super) struct Lanes {
    ordinary: VecDeque<Waiting>,
    /// Ends of operations that failed or were cancelled.
    precious: VecDeque<Waiting>,
    /// Buffers of records that were written.
    spare: Vec<Vec<u8>>,
    last: u64,
}

impl Lanes {
    pub(super) fn len(&self) -> usize {
        self.ordinary.len() + self.precious.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the record that came last; zero before the first.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn push(&mut self, line: &Line<'_>) {
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.extend_from_slice(line.bytes());
        self.last += 1;
        let (level, outcome) = (line.level(), line.outcome());
        let waiting = Waiting { number: self.last, level, outcome, bytes };
        if is_precious(&waiting.line()) {
            self.precious.push_back(waiting);
        } else {
            self.ordinary.push_back(waiting);
        }
    }

    /// Makes room for `line` by dropping another record, where one is worth less.
    pub(super) fn make_room(&mut self, line: &Line<'_>, when_full: WhenFull) -> bool {
        let dropped = match (when_full, is_precious(line)) {
            (WhenFull::Block, _) | (WhenFull::DropNewest, false) => None,
            (WhenFull::DropNewest, true) => self.ordinary.pop_back(),
            (WhenFull::DropOldest, false) => self.ordinary.pop_front(),
            (WhenFull::DropOldest, true) => {
                self.ordinary.pop_front().or_else(|| self.precious.pop_front())
            }
        };
        dropped.map(|dropped| self.recycle(dropped.bytes)).is_some()
    }

    /// The record that came first.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let number = |lane: &VecDeque<Waiting>| lane.front().map_or(u64::MAX, |first| first.number);
        if number(&self.ordinary) <= number(&self.precious) {
            self.ordinary.pop_front()
        } else {
            self.precious.pop_front()
        }
    }

    /// Keeps a buffer for a record to come.
    pub(super) fn recycle(&mut self, mut bytes: Vec<u8>) {
        /// Buffers that are kept, and what each may hold on to.
        const SPARE: (usize, usize) = (256, 4 * 1024);
        if self.spare.len() < SPARE.0 && bytes.capacity() <= SPARE.1 {
            bytes.clear();
            self.spare.push(bytes);
        }
    }
}

fn is_precious(line: &Line<'_>) -> bool {
    matches!(line.outcome(), Outcome::Failed | Outcome::Cancelled)
}
