//! Matches beginnings with ends, in any order of arrival.

use std::mem;

use foldhash::{HashMap, HashSet};
use tracing_invocation::{SpanId, TraceId};

/// Identifies an operation.
pub(crate) type Key = (TraceId, SpanId);

/// Operations of which only the beginning, or only the end, was read so far.
///
/// An end may arrive before its beginning: worker threads take blocks in no fixed order, and files may be named in any
/// order. A beginning is kept until its end arrives. An end without a beginning is kept only while the next half million
/// of its kind arrive, because its beginning may have been omitted by a policy and never come; so memory depends on the
/// number of open operations and not on the length of the log.
///
/// Each worker matches within a block by itself, and moves the rest to a shared balance with [`take_from`](Self::take_from)
/// at the end of the block. In a valid log, it makes no difference which worker saw which side.
#[derive(Debug)]
pub(crate) struct Balance<T> {
    begun: HashMap<Key, T>,
    ended: Recent,
}

impl<T> Default for Balance<T> {
    fn default() -> Self {
        Self { begun: HashMap::default(), ended: Recent::default() }
    }
}

impl<T> Balance<T> {
    /// Adds a beginning, or removes the end that it matches.
    pub(crate) fn begin(&mut self, key: Key, what: T) {
        if !self.ended.remove(&key) {
            self.begun.insert(key, what);
        }
    }

    /// Adds an end, or removes the beginning that it matches.
    pub(crate) fn end(&mut self, key: Key) {
        if self.begun.remove(&key).is_none() {
            self.ended.insert(key);
        }
    }

    /// Moves everything unmatched from `other` to this balance, and leaves `other` empty.
    ///
    /// An end and a beginning of the same operation are never both in `other`, because it would have matched them. So it
    /// does not matter which are moved first.
    pub(crate) fn take_from(&mut self, other: &mut Self) {
        other.ended.drain().for_each(|key| self.end(key));
        other.begun.drain().for_each(|(key, what)| self.begin(key, what));
    }

    /// Returns the beginnings without an end.
    pub(crate) fn into_open(self) -> impl Iterator<Item = (Key, T)> {
        self.begun.into_iter()
    }
}

/// The maximum number of keys in each of the two generations.
const GENERATION: usize = 500_000;

/// A set of the most recent keys, with bounded memory.
///
/// It has two generations. When the younger one is full, it becomes the older one, whose keys are dropped. So at least the
/// last [`GENERATION`] keys are known, at the cost of two lookups and without an order of insertion.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    young: HashSet<Key>,
    old: HashSet<Key>,
}

impl Recent {
    pub(crate) fn insert(&mut self, key: Key) {
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key);
    }

    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.young.contains(key) || self.old.contains(key)
    }

    pub(crate) fn remove(&mut self, key: &Key) -> bool {
        self.young.remove(key) || self.old.remove(key)
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Key> {
        self.old.drain().chain(self.young.drain())
    }
}
