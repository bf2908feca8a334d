//! What is counted, by threads that come, go, fail and record at once.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use proptest::prelude::*;
use tracing::{Dispatch, Span, info_span};
use tracing_invocation::sink::{Callback, OnFailure, Output, OutputCounters, Queue, WhenFull};
use tracing_invocation::{Delivery, layer};

use super::{LONG, fail, recorded, succeed};

/// Has `threads` threads do their part at once, and waits until they are gone.
fn on_threads(threads: u64, part: impl Fn(u64) + Sync) {
    let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
    thread::scope(|scope| {
        let start = |thread| {
            let (dispatch, part) = (&dispatch, &part);
            scope.spawn(move || tracing::dispatcher::with_default(dispatch, || part(thread)))
        };
        let threads: Vec<_> = (0..threads).map(start).collect();
        // A scope itself does not wait for what a thread drops at its end.
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

fn counted(delivery: &Delivery) -> OutputCounters {
    delivery.counters().outputs.remove(0)
}

#[test]
fn what_threads_recorded_that_ended_is_all_counted() {
    let bytes = Arc::new(AtomicU64::new(0));
    let place = Arc::clone(&bytes);
    let layer = layer().with_sink(Callback::new(move |line| {
        place.fetch_add(line.bytes().len() as u64, Ordering::Relaxed);
        Ok(())
    }));
    let delivery = layer.delivery();
    recorded(layer, || {
        for _ in 0..10 {
            on_threads(10, |thread| (0..thread).for_each(|_| succeed()));
        }
    });
    assert_eq!(delivery.counters().recorded, 10 * 45 * 2);
    assert_eq!(counted(&delivery).written, 10 * 45 * 2);
    assert_eq!(counted(&delivery).bytes, bytes.load(Ordering::Relaxed));
}

#[test]
fn layers_count_for_themselves_on_the_same_threads() {
    let layers = [1, 2, 3].map(|times| (times, layer().with_sink(Callback::new(|_| Ok(())))));
    let counted = layers.map(|(times, layer)| {
        let delivery = layer.delivery();
        recorded(layer, || (0..times).for_each(|_| succeed()));
        (delivery.counters().recorded, self::counted(&delivery).written)
    });
    assert_eq!(counted, [(2, 2), (4, 4), (6, 6)]);
}

#[test]
fn what_a_thread_ends_while_it_is_ending_is_counted() {
    thread_local! {
        static FIRST: RefCell<Option<Span>> = const { RefCell::new(None) };
        static LAST: RefCell<Option<Span>> = const { RefCell::new(None) };
    }
    let begun = || {
        let span = info_span!("held", invocation.name = "held");
        span.in_scope(|| ());
        Some(span)
    };
    let layer = layer().with_sink(Callback::new(|_| Ok(())));
    let delivery = layer.delivery();
    recorded(layer, || {
        on_threads(1, |_| {
            // Whichever of them goes first, what is the thread's own goes between them.
            FIRST.with(|place| drop(place.borrow_mut()));
            LAST.set(begun());
            FIRST.set(begun());
        });
    });
    assert_eq!(delivery.counters().recorded, 4);
    assert_eq!(counted(&delivery).written, 4);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_recorded_was_written_or_lost_or_waits(
        threads in 1..6_u64,
        operations in 0..40_u64,
        refused in 1..8_u64,
        capacity in 1..20_usize,
        when_full in prop::sample::select(vec![WhenFull::Block, WhenFull::DropNewest, WhenFull::DropOldest]),
    ) {
        let picky = move || {
            let given = AtomicU64::new(0);
            Callback::new(move |_| match given.fetch_add(1, Ordering::Relaxed) % 8 < refused {
                true => Err(io::Error::other("not this one")),
                false => Ok(()),
            })
        };
        let quiet = |output: Output| output.on_failure(OnFailure::ignore());
        let queue = Queue::new(capacity).when_full(when_full);
        let layer = layer()
            .with_sink(quiet(picky().into()))
            .and_sink(quiet(Output::new(picky()).with_queue(queue)));
        let delivery = layer.delivery();
        recorded(layer, || {
            on_threads(threads, |_| {
                (0..operations).for_each(|n| if n % 3 == 0 { fail() } else { succeed() });
            });
        });
        // Whether losses can be told is another matter.
        let _ = delivery.flush(LONG);
        let counters = delivery.counters();
        prop_assert_eq!(counters.recorded, threads * operations * 2);
        for output in &counters.outputs {
            let all = output.written + output.dropped.total() + output.queued;
            prop_assert_eq!(all, counters.recorded, "{:?}", output);
        }
    }
}
