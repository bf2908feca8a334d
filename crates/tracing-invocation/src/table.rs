//! The operations whose spans are open, by span id.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation::Operation;

const SHARDS: usize = 64;

/// The operations whose spans are open. Each lock is held for a few moves of memory and never while code of the
/// program runs; no thread holds two.
///
/// It stands apart from the registry's span extensions so that two layers in one subscriber do not meet, and
/// so that settling a span needs nothing but its id.
pub(crate) struct Table {
    shards: Box<[Mutex<Shard>]>,
}

type Shard = HashMap<u64, Operation, BuildHasherDefault<Spread>>;

impl Table {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    pub(crate) fn insert(&self, key: u64, operation: Operation) {
        self.shard(key).insert(key, operation);
    }

    pub(crate) fn remove(&self, key: u64) -> Option<Operation> {
        self.shard(key).remove(&key)
    }

    /// What `look` makes of an open operation. It must not call code of the program.
    pub(crate) fn with<T>(&self, key: u64, look: impl FnOnce(&mut Operation) -> T) -> Option<T> {
        self.shard(key).get_mut(&key).map(look)
    }

    /// When each operation that is open was invoked, and its key.
    pub(crate) fn open(&self) -> Vec<(u64, u64)> {
        let mut open = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let invoked = shard.iter().filter(|(_, operation)| operation.is_open());
            open.extend(invoked.map(|(key, operation)| (operation.invoked_ns, *key)));
        }
        open
    }

    fn shard(&self, key: u64) -> MutexGuard<'_, Shard> {
        let shard = (spread(key) >> 32) as usize % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
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
