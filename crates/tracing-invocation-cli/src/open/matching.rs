//! Matches beginnings with ends, and remembers which parents have ended.

use std::time::SystemTime;

use foldhash::HashMap;

use crate::input::Place;
use crate::outline::Slow;
use crate::stats::{Key, Recent};

/// A beginning.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) at: Place,
    pub(super) began: SystemTime,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
    pub(super) entity_id: Option<Box<str>>,
    pub(super) parent: Option<Key>,
}

/// What is known of the parent of an open operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// There is none.
    None,
    Open,
    /// It ended, and left this one behind.
    Ended,
    /// It is not in the log, or ended long before this one began.
    Missing,
}

/// An operation that others are open in.
#[derive(Debug, Default)]
struct Around {
    open: usize,
    is_ended: bool,
}

/// The operations that have not ended yet.
///
/// Matched operations are dropped, except for the ids of the last half million that ended. As many ends that came before their
/// beginnings are kept, too, so that files may be read in any order.
#[derive(Debug, Default)]
pub(super) struct Matching {
    begun: HashMap<Key, Open>,
    /// By open operation: what was last said of it while it was slow.
    slow: HashMap<Key, (SystemTime, Slow)>,
    /// Ends whose beginnings were not read.
    early: Recent,
    /// What began and ended.
    done: Recent,
    around: HashMap<Key, Around>,
}

impl Matching {
    pub(super) fn begin(&mut self, key: Key, open: Open) {
        if self.early.remove(&key) {
            self.slow.remove(&key);
            self.done.insert(key);
            return;
        }
        if let Some(parent) = open.parent {
            let is_ended = self.early.contains(&parent) || self.done.contains(&parent);
            let around = self.around.entry(parent).or_default();
            around.open += 1;
            around.is_ended |= is_ended;
        }
        if let Some(second) = self.begun.insert(key, open) {
            self.leave(second.parent);
        }
    }

    pub(super) fn end(&mut self, key: Key) {
        match self.begun.remove(&key) {
            Some(open) => {
                self.leave(open.parent);
                self.done(key);
            }
            None => {
                self.early.insert(key);
                self.slow.remove(&key);
                self.left_behind(&key);
            }
        }
    }

    /// Takes note of one that began and ended.
    fn done(&mut self, key: Key) {
        self.slow.remove(&key);
        self.left_behind(&key);
        self.done.insert(key);
    }

    pub(super) fn slow(&mut self, key: Key, at: SystemTime, slow: Slow) {
        if self.early.contains(&key) || self.done.contains(&key) {
            return;
        }
        let last = self.slow.entry(key).or_insert((at, slow));
        if last.0 <= at {
            *last = (at, slow);
        }
    }

    fn leave(&mut self, parent: Option<Key>) {
        let Some(parent) = parent else { return };
        let Some(around) = self.around.get_mut(&parent) else { return };
        around.open -= 1;
        if around.open == 0 {
            self.around.remove(&parent);
        }
    }

    fn left_behind(&mut self, parent: &Key) {
        if let Some(around) = self.around.get_mut(parent) {
            around.is_ended = true;
        }
    }

    /// Moves everything from `block` to this matching, and leaves `block` empty.
    pub(super) fn take_from(&mut self, block: &mut Self) {
        block.begun.drain().for_each(|(key, open)| self.begin(key, open));
        block.early.drain().for_each(|key| self.end(key));
        block.done.drain().for_each(|key| self.done(key));
        block.slow.drain().for_each(|(key, (at, slow))| self.slow(key, at, slow));
        block.around.clear();
    }

    /// Every operation that is open, how slow it was said to be, and what is known of its parent.
    pub(super) fn into_open(self) -> impl Iterator<Item = (Key, Open, Option<Slow>, Parent)> {
        let parents: Vec<_> = self.begun.values().map(|open| self.parent(open)).collect();
        let Self { begun, slow, .. } = self;
        begun.into_iter().zip(parents).map(move |((key, open), parent)| {
            (key, open, slow.get(&key).map(|(_, slow)| *slow), parent)
        })
    }

    fn parent(&self, open: &Open) -> Parent {
        match open.parent {
            None => Parent::None,
            Some(parent) if self.begun.contains_key(&parent) => Parent::Open,
            Some(parent) if self.around.get(&parent).is_some_and(|around| around.is_ended) => {
                Parent::Ended
            }
            Some(_) => Parent::Missing,
        }
    }
}

impl Parent {
    /// The word of it, where there is something to say.
    pub(super) const fn word(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Open => Some("open"),
            Self::Ended => Some("ended"),
            Self::Missing => Some("not in the log"),
        }
    }
}
