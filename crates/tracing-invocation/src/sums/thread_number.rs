//! A small number for each thread, no two of those that live have the same.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many threads have a number at the same time, at the most.
pub(super) const NUMBERS: usize = 128;

static NUMBERS_OF_THREADS: Numbers = Numbers::new();

thread_local! {
    /// This thread's number, where it has one: the fast way to what `OWN` holds.
    static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    static OWN: Own = Own(NUMBERS_OF_THREADS.take());
}

/// The number of this thread, or one beyond all: then it has none, or has not [taken](take) it yet.
#[inline]
pub(super) fn current() -> usize {
    NUMBER.get()
}

/// Has this thread have a number for as long as it lives. Nothing where there is none left, or while what belongs to the
/// thread is being dropped.
#[cold]
pub(super) fn take() -> Option<usize> {
    let own = OWN.try_with(|own| own.0).ok().flatten();
    own.inspect(|number| NUMBER.set(*number))
}

/// Given back when the thread ends.
struct Own(Option<usize>);

impl Drop for Own {
    fn drop(&mut self) {
        NUMBER.set(usize::MAX);
        self.0.into_iter().for_each(|number| NUMBERS_OF_THREADS.give_back(number));
    }
}

/// Which numbers are taken, a bit for each. Without a lock: a process that is forked while another thread holds one
/// would wait for it.
struct Numbers([AtomicU64; NUMBERS / 64]);

impl Numbers {
    const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; NUMBERS / 64])
    }

    /// The first that is free.
    fn take(&self) -> Option<usize> {
        self.0.iter().enumerate().find_map(|(at, taken)| {
            // Acquires what the thread that had it before left in its slots.
            let before = taken.fetch_update(Ordering::Acquire, Ordering::Relaxed, |bits| {
                (bits != u64::MAX).then(|| bits | (bits + 1))
            });
            before.ok().map(|bits| at * 64 + bits.trailing_ones() as usize)
        })
    }

    fn give_back(&self, number: usize) {
        if let Some(taken) = self.0.get(number / 64) {
            taken.fetch_and(!(1 << (number % 64)), Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter;
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_take_numbers_at_once_take_different_ones_until_there_are_none() {
        let numbers = Numbers::new();
        let mut taken: Vec<_> = thread::scope(|scope| {
            let take_all = || iter::from_fn(|| numbers.take()).collect::<Vec<_>>();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(take_all)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..NUMBERS));
        assert_eq!(numbers.take(), None);
    }

    #[test]
    fn the_first_number_that_was_given_back_is_taken_again() {
        let numbers = Numbers::new();
        let taken = iter::from_fn(|| numbers.take()).take(100);
        assert!(taken.eq(0..100));
        for number in [90, 63, 3] {
            numbers.give_back(number);
        }
        let again: Vec<_> = iter::from_fn(|| numbers.take()).take(4).collect();
        assert_eq!(again, [3, 63, 90, 100]);
    }
}
