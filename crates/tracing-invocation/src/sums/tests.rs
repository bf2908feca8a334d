use std::cell::RefCell;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use super::*;

/// Held by tests that want all numbers, or one for sure.
static ALL_NUMBERS: Mutex<()> = Mutex::new(());

#[test]
fn counts_of_threads_that_ended_are_all_there() {
    let sums = Sums::default();
    for _ in 0..20 {
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| (0..100).for_each(|n| sums.add([1, n])));
            }
        });
    }
    assert_eq!(sums.read(), [40_000, 400 * 4_950]);
}

#[test]
fn what_is_read_while_others_count_only_grows_and_nothing_is_forgotten() {
    const EACH: u64 = 200_000;
    let sums = Sums::default();
    let all_are_there = Barrier::new(4);
    thread::scope(|scope| {
        let count = || {
            all_are_there.wait();
            (0..EACH).for_each(|_| sums.add([1]));
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
        let mut before = 0;
        while threads.iter().any(|thread| !thread.is_finished()) {
            let [now] = sums.read();
            assert!((before..=4 * EACH).contains(&now), "{before}, then {now}");
            before = now;
        }
    });
    assert_eq!(sums.read(), [4 * EACH]);
}

#[test]
fn more_threads_than_there_are_numbers_for_count_all_the_same() {
    let _all_numbers = ALL_NUMBERS.lock().unwrap();
    let sums = Sums::default();
    let all_have_counted = Barrier::new(200);
    thread::scope(|scope| {
        let count = || {
            sums.add([1]);
            all_have_counted.wait();
            sums.add([1]);
        };
        for _ in 0..200 {
            scope.spawn(count);
        }
    });
    assert_eq!(sums.read(), [400]);
    assert!(sums.shared.0[0].load(Ordering::Relaxed) >= 2 * (200 - thread_number::NUMBERS as u64));
}

#[test]
fn a_thread_that_is_ending_counts_all_the_same() {
    struct Last(Arc<Sums<1>>);

    impl Drop for Last {
        fn drop(&mut self) {
            self.0.add([10]);
        }
    }

    thread_local! {
        static EARLIER: RefCell<Option<Last>> = const { RefCell::new(None) };
        static LATER: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    let _all_numbers = ALL_NUMBERS.lock().unwrap();
    let sums = Arc::new(Sums::default());
    let of_thread = Arc::clone(&sums);
    // Whichever of the two is dropped first, the thread's number goes between them.
    let thread = thread::spawn(move || {
        EARLIER.set(Some(Last(Arc::clone(&of_thread))));
        of_thread.add([1]);
        LATER.set(Some(Last(of_thread)));
    });
    thread.join().unwrap();
    assert_eq!(sums.read(), [21]);
    assert_eq!(sums.shared.0[0].load(Ordering::Relaxed), 10);
}
