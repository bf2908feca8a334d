//! Beginnings and ends that have not met yet.

use std::mem;

use foldhash::{HashMap, HashSet};
use tracing_invocation::{SpanId, TraceId};

/// What tells an operation from all others.
pub(crate) type Key = (TraceId, SpanId);

/// Operations of which one side was read.
///
/// A beginning is kept until its end comes, however long that takes. An end that came first is kept while the next half
/// million such ends come: an end whose beginning a policy left out waits in vain.
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
    pub(crate) fn begin(&mut self, key: Key, what: T) {
        if !self.ended.remove(&key) {
            self.begun.insert(key, what);
        }
    }

    pub(crate) fn end(&mut self, key: Key) {
        if self.begun.remove(&key).is_none() {
            self.ended.insert(key);
        }
    }

    /// Moves what `other` has not matched here, and leaves it empty.
    pub(crate) fn take_from(&mut self, other: &mut Self) {
        other.ended.drain().for_each(|key| self.end(key));
        other.begun.drain().for_each(|(key, what)| self.begin(key, what));
    }

    /// What began and did not end.
    pub(crate) fn into_open(self) -> impl Iterator<Item = (Key, T)> {
        self.begun.into_iter()
    }
}

/// How many ends are kept in each of two generations.
const GENERATION: usize = 500_000;

/// The latest ends, in two generations: when the younger one is full, the older one is forgotten.
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
