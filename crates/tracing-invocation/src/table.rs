//! The operations whose spans are open, by span id.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation::{Key, Operation, Parent};

/// The operations whose spans are open. Each lock is held for a few moves of memory and never while code of the
/// program runs; no thread holds two.
///
/// It stands apart from the registry's span extensions so that two layers in one subscriber do not meet, and
/// so that settling a span needs nothing but its id.
pub(crate) struct Table {
    shards: Box<[Shard]>,
    /// Operations that outlive their spans, by the ids that the spans had: others may have these ids now. An operation is
    /// kept here while its wrapper lives, and while a thread writes one of its records. The registry closes a span too
    /// early when another subscriber's span of the same id loses its last child outside of that subscriber.
    ///
    /// Locked inside the lock of a shard.
    aside: Mutex<HashMap<u64, Vec<Operation>>>,
    /// How many operations are in `aside`, so that it is locked only where there are any. It is counted under the lock of the
    /// shard that the operation leaves, and read by a thread that has looked into that shard before: so it is up to date.
    count_aside: AtomicUsize,
}

/// As far from the next as processors fetch memory at once.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Part>);

/// Some of the operations. Those whose ids leave few gaps stand in a list, at the place that the id names; the others,
/// under their ids.
#[derive(Default)]
pub(crate) struct Part {
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
        Self { shards, aside: Mutex::default(), count_aside: AtomicUsize::new(0) }
    }

    /// Puts there what `open` answers. It must not call code of the program.
    #[inline]
    pub(crate) fn insert(&self, key: u64, open: impl FnOnce() -> Operation) {
        let path = Path::of(key);
        *self.part(path).make_place(key, path.place) = Some(open());
    }

    /// Handles the closing of a span. Returns `true` if its operation is open and settled by that: the caller removes it
    /// when it has. Otherwise it is removed, or set aside if it has to outlive its span.
    #[inline]
    pub(crate) fn close(&self, key: u64) -> bool {
        let path = Path::of(key);
        let part = &mut *self.part(path);
        let ends_with_span = part
            .get(key, path.place)
            .is_some_and(|operation| operation.is_open() && !operation.is_wrapped());
        if !ends_with_span {
            self.remove_from(part, key, path.place);
        }
        ends_with_span
    }

    /// Removes the operation under a span's id. It is set aside if it has to outlive its span.
    pub(crate) fn remove(&self, key: u64) {
        let path = Path::of(key);
        self.remove_from(&mut self.part(path), key, path.place);
    }

    #[inline]
    fn remove_from(&self, part: &mut Part, key: u64, place: usize) {
        if part.get(key, place).is_some_and(|operation| operation.outlives_span()) {
            self.set_aside(part, key, place);
        }
        part.remove(key, place);
    }

    #[cold]
    fn set_aside(&self, part: &mut Part, key: u64, place: usize) {
        if let Some(operation) = part.take(key, place) {
            self.count_aside.fetch_add(1, Ordering::Relaxed);
            self.aside().entry(key).or_default().push(operation);
        }
    }

    /// Removes an operation that was set aside, if nothing keeps it there any more.
    #[inline]
    pub(crate) fn clean(&self, key: Key) {
        if self.has_aside() {
            self.clean_aside(key.span);
        }
    }

    #[cold]
    fn clean_aside(&self, span: u64) {
        let mut aside = self.aside();
        let Some(operations) = aside.get_mut(&span) else {
            return;
        };
        let over: Vec<_> =
            operations.extract_if(.., |operation| !operation.outlives_span()).collect();
        if operations.is_empty() {
            aside.remove(&span);
        }
        self.count_aside.fetch_sub(over.len(), Ordering::Relaxed);
        drop(aside);
        drop(over);
    }

    #[inline]
    fn has_aside(&self) -> bool {
        self.count_aside.load(Ordering::Relaxed) != 0
    }

    /// What `look` makes of an operation that is held by this, whether its span was closed or not.
    pub(crate) fn with_held<T>(
        &self,
        (key, by): (Key, u64),
        look: impl FnOnce(&mut Operation) -> T,
    ) -> Option<T> {
        self.with_that(key.span, |operation| operation.held == by, look)
    }

    /// No thread writes a record of it any more.
    pub(crate) fn release(&self, (key, by): (Key, u64)) {
        self.with_held((key, by), |operation| operation.held = 0);
        self.clean(key);
    }

    /// What `look` makes of the operation that another one was begun in, if it is still there.
    #[inline]
    pub(crate) fn with_parent<T>(
        &self,
        parent: Parent,
        look: impl FnOnce(&mut Operation) -> T,
    ) -> Option<T> {
        // In a trace of its own, it is known by its span's id alone.
        let is_it = |outer: &Operation| {
            parent.span_id.is_none_or(|span_id| span_id == outer.place.span_id())
        };
        self.with_that(parent.key, is_it, look)
    }

    /// What `look` makes of the operation that `is_it`, under a span's id or set aside from there.
    #[inline]
    fn with_that<T>(
        &self,
        span: u64,
        is_it: impl Fn(&Operation) -> bool,
        look: impl FnOnce(&mut Operation) -> T,
    ) -> Option<T> {
        let mut locked = self.lock(span);
        if let Some(operation) = locked.operation().filter(|operation| is_it(operation)) {
            return Some(look(operation));
        }
        drop(locked);
        if !self.has_aside() {
            return None;
        }
        self.aside().get_mut(&span)?.iter_mut().find(|operation| is_it(operation)).map(look)
    }

    fn aside(&self) -> MutexGuard<'_, HashMap<u64, Vec<Operation>>> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows `look` every operation, a few at a time under one lock. Each that is there from the beginning to the end is
    /// seen once. `look` must not call code of the program.
    pub(crate) fn scan(&self, mut look: impl FnMut(Key, &mut Operation)) {
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
                        look(operation.key(place.key), operation);
                    }
                }
                from += STRIDE;
            }
            for (key, operation) in &mut lock().others {
                operation.iter_mut().for_each(|operation| look(operation.key(*key), operation));
            }
        }
        for (span, operations) in self.aside().iter_mut() {
            operations.iter_mut().for_each(|operation| look(operation.key(*span), operation));
        }
    }

    /// What `look` makes of an open operation. It must not call code of the program.
    #[inline]
    pub(crate) fn with<T>(
        &self,
        key: impl Into<Key>,
        look: impl FnOnce(&mut Operation) -> T,
    ) -> Option<T> {
        let key = key.into();
        let path = Path::of(key.span);
        let mut part = self.part(path);
        match part.get(key.span, path.place) {
            Some(operation) if key.wrapper == 0 || operation.wrapper == key.wrapper => {
                return Some(look(operation));
            }
            None if key.wrapper == 0 => return None,
            _ => {}
        }
        drop(part);
        self.lock(key).operation().map(look)
    }

    /// The lock of an operation, open or not. While it is held, no code of the program runs.
    #[inline]
    pub(crate) fn lock(&self, key: impl Into<Key>) -> Locked<'_> {
        let Key { span, wrapper } = key.into();
        let path = Path::of(span);
        let mut locked = Locked::Part { part: self.part(path), key: span, place: path.place };
        if wrapper == 0 {
            return locked;
        }
        match locked.operation().map(|operation| operation.wrapper) {
            Some(known) if known == wrapper => locked,
            // Nobody's yet, or the span's id is that of another by now.
            known => {
                if self.has_aside()
                    && let Some(aside) = self.lock_aside(span, wrapper)
                {
                    return aside;
                }
                if matches!(known, Some(other) if other != 0) { Locked::Nothing } else { locked }
            }
        }
    }

    #[cold]
    fn lock_aside(&self, span: u64, wrapper: u64) -> Option<Locked<'_>> {
        let aside = self.aside();
        let at = aside.get(&span)?.iter().position(|operation| operation.wrapper == wrapper)?;
        Some(Locked::Aside { aside, key: span, at })
    }

    /// When each operation that is open was invoked, and its key.
    pub(crate) fn open(&self) -> Vec<(u64, Key)> {
        let mut open = Vec::new();
        self.scan(|key, operation| {
            if operation.is_open() {
                open.push((operation.invoked_ns, key));
            }
        });
        open
    }

    #[inline]
    fn part(&self, path: Path) -> MutexGuard<'_, Part> {
        self.shards[path.shard].0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An operation that no other thread looks at.
pub(crate) enum Locked<'a> {
    Part { part: MutexGuard<'a, Part>, key: u64, place: usize },
    Aside { aside: MutexGuard<'a, HashMap<u64, Vec<Operation>>>, key: u64, at: usize },
    Nothing,
}

impl Locked<'_> {
    #[inline]
    pub(crate) fn operation(&mut self) -> Option<&mut Operation> {
        match self {
            Self::Part { part, key, place } => part.get(*key, *place),
            Self::Aside { aside, key, at } => aside.get_mut(key)?.get_mut(*at),
            Self::Nothing => None,
        }
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
