//! The operations whose spans are open, by span id.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation::Operation;

const SHARDS: usize = 64;

/// Room for so many operations is kept by a shard in which none is open.
const KEPT: usize = 256;

/// The operations whose spans are open. Each lock is held for a few moves of memory and never while code of the
/// program runs; no thread holds two.
///
/// It stands apart from the registry's span extensions so that two layers in one subscriber do not meet, and
/// so that settling a span needs nothing but its id.
pub(crate) struct Table {
    shards: Box<[Mutex<Shard>]>,
}

/// Operations stay where they were put, for they are large; only their places move.
#[derive(Default)]
struct Shard {
    places: HashMap<u64, usize, BuildHasherDefault<Spread>>,
    slots: Vec<Slot>,
    free: Vec<usize>,
}

/// A place for an operation, and the key that leads there. No key is zero.
struct Slot {
    key: u64,
    operation: Option<Operation>,
}

/// Places that a thread remembers, by key. What is remembered may be wrong: the slot's key says whether it is.
const REMEMBERED: usize = 16;

thread_local! {
    static RECENT: [Cell<usize>; REMEMBERED] = const { [const { Cell::new(usize::MAX) }; REMEMBERED] };
}

/// What became of an operation whose span was closed.
#[expect(
    clippy::large_enum_variant,
    reason = "handed on once, where a box would cost every operation an allocation"
)]
pub(crate) enum Closed {
    /// It was open.
    Open(Operation),
    BeingWritten,
    /// It had ended, or there was none.
    Over,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    #[inline]
    pub(crate) fn insert(&self, key: u64, operation: Operation) {
        let shard = &mut *self.shard(key);
        let place = shard.free.pop().unwrap_or(shard.slots.len());
        if place == shard.slots.len() {
            shard.slots.push(Slot { key: 0, operation: None });
        }
        if let Some(slot) = shard.slots.get_mut(place) {
            *slot = Slot { key, operation: Some(operation) };
        }
        if let Some(other) = shard.places.insert(key, place) {
            shard.vacate(other);
        }
        recent(key, |recent| recent.set(place));
    }

    /// Removes an operation. The operation, if it is open. One of which a record is being written stays where it is.
    #[inline]
    pub(crate) fn close(&self, key: u64) -> Closed {
        let shard = &mut *self.shard(key);
        let Some(place) = shard.places.remove(&key) else {
            return Closed::Over;
        };
        let Some(slot) = shard.slots.get_mut(place) else {
            return Closed::Over;
        };
        if slot.operation.as_ref().is_some_and(Operation::is_being_written) {
            shard.places.entry(key).or_insert(place);
            return Closed::BeingWritten;
        }
        let is_open = slot.operation.as_ref().is_some_and(Operation::is_open);
        let closed = if is_open { slot.operation.take() } else { None };
        shard.vacate(place);
        if shard.places.is_empty() && shard.slots.len() > KEPT {
            *shard = Shard::default();
        }
        closed.map_or(Closed::Over, Closed::Open)
    }

    /// Shows `look` every operation, a few at a time under one lock. Each that is there from the beginning to the end is
    /// seen once. `look` must not call code of the program.
    pub(crate) fn scan(&self, mut look: impl FnMut(u64, &mut Operation)) {
        /// Places that are looked at under one lock.
        const STRIDE: usize = 16;
        for shard in &self.shards {
            let mut from = 0;
            loop {
                let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(slots) = shard.slots.get_mut(from..).filter(|slots| !slots.is_empty())
                else {
                    break;
                };
                for slot in slots.iter_mut().take(STRIDE) {
                    if let Some(operation) = &mut slot.operation {
                        look(slot.key, operation);
                    }
                }
                from += STRIDE;
            }
        }
    }

    /// What `look` makes of an open operation. It must not call code of the program.
    #[inline]
    pub(crate) fn with<T>(&self, key: u64, look: impl FnOnce(&mut Operation) -> T) -> Option<T> {
        let shard = &mut *self.shard(key);
        let place = recent(key, Cell::get);
        let place = match shard.slots.get(place) {
            Some(slot) if slot.key == key => place,
            _ => shard.place_of(key)?,
        };
        shard.slots.get_mut(place)?.operation.as_mut().map(look)
    }

    /// When each operation that is open was invoked, and its key.
    pub(crate) fn open(&self) -> Vec<(u64, u64)> {
        let mut open = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            open.extend(shard.places.iter().filter_map(|(key, place)| {
                let operation = shard.slots.get(*place)?.operation.as_ref()?;
                operation.is_open().then_some((operation.invoked_ns, *key))
            }));
        }
        open
    }

    #[inline]
    fn shard(&self, key: u64) -> MutexGuard<'_, Shard> {
        let shard = (spread(key) >> 32) as usize % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn vacate(&mut self, place: usize) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.key = 0;
            slot.operation = None;
            self.free.push(place);
        }
    }

    fn place_of(&self, key: u64) -> Option<usize> {
        let place = *self.places.get(&key)?;
        recent(key, |recent| recent.set(place));
        Some(place)
    }
}

/// Where this thread remembers the place of this key.
#[inline]
fn recent<T>(key: u64, look: impl FnOnce(&Cell<usize>) -> T) -> T {
    RECENT.with(|recent| look(&recent[key as usize % REMEMBERED]))
}

/// Spreads span ids, which are small numbers with the thread in their high bits, over all bits.
fn spread(key: u64) -> u64 {
    // The golden ratio's fraction, as in Fibonacci hashing.
    let product = u128::from(key) * 0x9E37_79B9_7F4A_7C15;
    (product >> 64) as u64 ^ product as u64
}

#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = spread(self.0 ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = spread(key);
    }
}
