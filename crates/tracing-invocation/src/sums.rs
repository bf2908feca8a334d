//! Counts that many threads add to.

mod thread_number;

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

/// `N` counts, to which any thread adds.
///
/// Each thread adds in a slot of its own, where no other writes: what it costs does not depend on how many there are.
/// The slot of one that ended goes on, with what is in it, in the hands of another. Threads that have no number share a
/// slot.
#[derive(Debug)]
pub(crate) struct Sums<const N: usize> {
    /// By the numbers of threads.
    own: Box<[Slot<N>]>,
    shared: Slot<N>,
}

/// As far from the next as processors fetch memory at once.
#[derive(Debug)]
#[repr(align(128))]
struct Slot<const N: usize>([AtomicU64; N]);

impl<const N: usize> Sums<N> {
    /// Adds to each count.
    #[inline]
    pub(crate) fn add(&self, amounts: [u64; N]) {
        match self.own.get(thread_number::current()) {
            Some(own) => own.add_alone(amounts),
            None => self.add_slowly(amounts),
        }
    }

    #[cold]
    fn add_slowly(&self, amounts: [u64; N]) {
        match thread_number::take().and_then(|number| self.own.get(number)) {
            Some(own) => own.add_alone(amounts),
            None => self.shared.add(amounts),
        }
    }

    /// Each count, of all threads, those that ended included.
    pub(crate) fn read(&self) -> [u64; N] {
        self.own.iter().chain([&self.shared]).fold([0; N], |sums, Slot(counts)| {
            array::from_fn(|at| sums[at] + counts[at].load(Ordering::Relaxed))
        })
    }
}

impl<const N: usize> Slot<N> {
    fn new() -> Self {
        Self(array::from_fn(|_| AtomicU64::new(0)))
    }

    /// Adds where no other thread writes.
    #[inline]
    fn add_alone(&self, amounts: [u64; N]) {
        for (count, amount) in self.0.iter().zip(amounts) {
            count.store(count.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
        }
    }

    fn add(&self, amounts: [u64; N]) {
        for (count, amount) in self.0.iter().zip(amounts) {
            count.fetch_add(amount, Ordering::Relaxed);
        }
    }
}

impl<const N: usize> Default for Sums<N> {
    fn default() -> Self {
        let own = (0..thread_number::NUMBERS).map(|_| Slot::new()).collect();
        Self { own, shared: Slot::new() }
    }
}

#[cfg(test)]
mod tests;
