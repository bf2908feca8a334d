//! The operations whose spans are open, by span id.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation::Operation;

/// The operations whose spans are open. Each lock is held for a few moves of memory and never while code of the
/// program runs; no thread holds two.
///
/// It stands apart from the registry's span extensions so that two layers in one subscriber do not meet, and
/// so that settling a span needs nothing but its id.
pub(crate) struct Table {
    shards: Box<[Shard]>,
    /// Operations whose spans were closed while somebody had yet to write of them, by what they are held by: the ids of
    /// their spans may be those of others now. Locked inside the lock of a shard.
    held: Mutex<HashMap<u64, Operation>>,
}

/// As far from the next as processors fetch memory at once.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Part>);

/// Some of the operations. Those whose ids leave few gaps stand in a list, at the place that the id names; the others,
/// under their ids.
#[derive(Default)]
struct Part {
    places: Vec<Place>,
    /// How many places are taken.
    taken: usize,
    others: HashMap<u64, Option<Operation>>,
}

/// A place for an operation, and its span's id. No id is zero.
#[derive(Default)]
struct Place {
    key: u64,
    operation: Option<Operation>,
}

/// Where a span's id leads. The registry numbers the spans that a thread has open from zero on, and writes the thread above
/// that number; any other id leads somewhere, too.
#[derive(Clone, Copy)]
struct Path {
    shard: usize,
    place: usize,
}

impl Path {
    const BITS_OF_NUMBER: u32 = 38;
    /// Threads have shards of their own, as far as these go, so that they do not wait for one another.
    const THREADS: u64 = 64;
    /// Shards of a thread, for spans may be opened on one thread and entered on all.
    const SHARDS: u64 = 4;

    #[inline]
    const fn of(key: u64) -> Self {
        let id = key.wrapping_sub(1);
        let number = id & ((1 << Self::BITS_OF_NUMBER) - 1);
        let thread = (id >> Self::BITS_OF_NUMBER) % Self::THREADS;
        let shard = thread * Self::SHARDS + number % Self::SHARDS;
        Self { shard: shard as usize, place: (number / Self::SHARDS) as usize }
    }
}

/// Room for so many operations is kept by a part in which none is open.
const KEPT: usize = 64;

impl Table {
    pub(crate) fn new() -> Self {
        let shards = (0..Path::THREADS * Path::SHARDS).map(|_| Shard::default()).collect();
        Self { shards, held: Mutex::default() }
    }

    /// Puts there what `open` answers. It must not call code of the program.
    #[inline]
    pub(crate) fn insert(&self, key: u64, open: impl FnOnce() -> Operation) {
        let path = Path::of(key);
        *self.part(path).make_place(key, path.place) = Some(open());
    }

    /// Removes an operation, unless it is open. Whether it is.
    #[inline]
    pub(crate) fn remove_unless_open(&self, key: u64) -> bool {
        let path = Path::of(key);
        let part = &mut *self.part(path);
        let is_open = part.get(key, path.place).is_some_and(|operation| operation.is_open());
        if !is_open {
            self.remove_from(part, key, path.place);
        }
        is_open
    }

    /// Removes an operation, from where its span's id leads: who holds it finds it.
    pub(crate) fn remove(&self, key: u64) {
        let path = Path::of(key);
        self.remove_from(&mut self.part(path), key, path.place);
    }

    #[inline]
    fn remove_from(&self, part: &mut Part, key: u64, place: usize) {
        if part.get(key, place).is_some_and(|operation| operation.held != 0) {
            self.set_aside(part, key, place);
        }
        part.remove(key, place);
    }

    #[cold]
    fn set_aside(&self, part: &mut Part, key: u64, place: usize) {
        if let Some(operation) = part.take(key, place) {
            self.held().insert(operation.held, operation);
        }
    }

    /// What `look` makes of an operation that is held by this, whether its span was closed or not.
    pub(crate) fn with_held<T>(
        &self,
        (key, by): (u64, u64),
        look: impl FnOnce(&mut Operation) -> T,
    ) -> Option<T> {
        let mut locked = self.lock(key);
        if let Some(operation) = locked.operation().filter(|operation| operation.held == by) {
            return Some(look(operation));
        }
        drop(locked);
        self.held().get_mut(&by).map(look)
    }

    /// Nobody has to write of it any more.
    pub(crate) fn release(&self, (key, by): (u64, u64)) {
        let mut locked = self.lock(key);
        if let Some(operation) = locked.operation().filter(|operation| operation.held == by) {
            operation.held = 0;
            return;
        }
        drop(locked);
        let released = self.held().remove(&by);
        drop(released);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<u64, Operation>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows `look` every operation, a few at a time under one lock. Each that is there from the beginning to the end is
    /// seen once. `look` must not call code of the program.
    pub(crate) fn scan(&self, mut look: impl FnMut(u64, &mut Operation)) {
        /// Places that are looked at under one lock.
        const STRIDE: usize = 16;
        for shard in &self.shards {
            let lock = || shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            let mut from = 0;
            while let Some(places) =
                lock().places.get_mut(from..).filter(|places| !places.is_empty())
            {
                for place in places.iter_mut().take(STRIDE) {
                    if let Some(operation) = &mut place.operation {
                        look(place.key, operation);
                    }
                }
                from += STRIDE;
            }
            for (key, operation) in &mut lock().others {
                operation.iter_mut().for_each(|operation| look(*key, operation));
            }
        }
    }

    /// What `look` makes of an open operation. It must not call code of the program.
    #[inline]
    pub(crate) fn with<T>(&self, key: u64, look: impl FnOnce(&mut Operation) -> T) -> Option<T> {
        self.lock(key).operation().map(look)
    }

    /// The lock of an operation, open or not. While it is held, no code of the program runs.
    #[inline]
    pub(crate) fn lock(&self, key: u64) -> Locked<'_> {
        let path = Path::of(key);
        Locked { part: self.part(path), key, place: path.place }
    }

    /// When each operation that is open was invoked, and its key.
    pub(crate) fn open(&self) -> Vec<(u64, u64)> {
        let mut open = Vec::new();
        for shard in &self.shards {
            let part = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            let placed =
                part.places.iter().filter_map(|place| Some((place.key, place.operation.as_ref()?)));
            let others = part.others.iter();
            let others = others.filter_map(|(key, operation)| Some((*key, operation.as_ref()?)));
            let all = placed.chain(others).filter(|(_, operation)| operation.is_open());
            open.extend(all.map(|(key, operation)| (operation.invoked_ns, key)));
        }
        open
    }

    #[inline]
    fn part(&self, path: Path) -> MutexGuard<'_, Part> {
        self.shards[path.shard].0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An operation that no other thread looks at.
pub(crate) struct Locked<'a> {
    part: MutexGuard<'a, Part>,
    key: u64,
    place: usize,
}

impl Locked<'_> {
    #[inline]
    pub(crate) fn operation(&mut self) -> Option<&mut Operation> {
        self.part.get(self.key, self.place)
    }
}

impl Part {
    #[inline]
    fn make_place(&mut self, key: u64, place: usize) -> &mut Option<Operation> {
        let is_free = match self.places.get(place) {
            Some(place) => place.key == 0 || place.key == key,
            None => self.grow(place),
        };
        if !is_free || (!self.others.is_empty() && self.others.contains_key(&key)) {
            return self.others.entry(key).or_default();
        }
        let place = &mut self.places[place];
        self.taken += usize::from(place.key == 0);
        place.key = key;
        &mut place.operation
    }

    /// Has a list reach to this place, unless few of its places were taken then: ids may be of any kind.
    #[cold]
    fn grow(&mut self, place: usize) -> bool {
        let is_dense = place < 4 * (self.taken + KEPT / 4);
        if is_dense {
            let length = self.places.len().max(KEPT / 4) * 2;
            self.places.resize_with(length.max(place + 1), Place::default);
        }
        is_dense
    }

    #[inline]
    fn get(&mut self, key: u64, place: usize) -> Option<&mut Operation> {
        match self.places.get_mut(place) {
            Some(place) if place.key == key => place.operation.as_mut(),
            _ if self.others.is_empty() => None,
            _ => self.others.get_mut(&key)?.as_mut(),
        }
    }

    fn take(&mut self, key: u64, place: usize) -> Option<Operation> {
        match self.places.get_mut(place) {
            Some(place) if place.key == key => place.operation.take(),
            _ => self.others.get_mut(&key)?.take(),
        }
    }

    #[inline]
    fn remove(&mut self, key: u64, place: usize) {
        match self.places.get_mut(place) {
            Some(place) if place.key == key => {
                self.taken -= 1;
                place.key = 0;
                place.operation = None;
            }
            _ if self.others.is_empty() => {}
            _ => drop(self.others.remove(&key)),
        }
        if self.taken == 0 && self.places.len() > KEPT && self.others.is_empty() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests;
