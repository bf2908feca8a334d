//! Queues: what waits, what is dropped, and who never waits for whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tracing::{Span, info_span};
use tracing_invocation::sink::{OnFailure, Output, Queue, WhenFull};
use tracing_invocation::{FutureExt as _, Outcome, Record, layer};

use super::super::hostile::tools::bounded;
use super::{Kept, LONG, fail, recorded, succeed};

fn queued(kept: &Kept, queue: Queue) -> Output {
    Output::new(kept.clone()).with_queue(queue).on_failure(OnFailure::ignore())
}

#[test]
fn records_leave_a_queue_in_the_order_in_which_they_came() {
    let kept = Kept::new();
    let layer = layer().with_sink(queued(&kept, Queue::new(1_000)));
    let delivery = layer.delivery();
    recorded(layer, || {
        for number in 0..200 {
            if number % 3 == 0 { fail() } else { succeed() }
        }
    });
    delivery.flush(LONG).unwrap();
    let records = kept.records();
    assert_eq!(records.len(), 400);
    assert!(records.is_sorted_by_key(|record| record.timestamp));
}

#[test]
fn an_operation_does_not_wait_for_the_sink() {
    let (kept, open, _) = Kept::gated();
    let layer = layer().with_sink(queued(&kept, Queue::new(1_000)));
    let delivery = layer.delivery();
    bounded(move || {
        recorded(layer, || (0..100).for_each(|_| succeed()));
        assert_eq!(kept.records().len(), 0);
        drop(open);
        delivery.flush(LONG).unwrap();
        assert_eq!(kept.records().len(), 200);
    });
}

#[test]
fn what_failed_or_was_cancelled_is_dropped_last() {
    for when_full in [WhenFull::DropNewest, WhenFull::DropOldest] {
        let (kept, open, waiting) = Kept::gated();
        let layer = layer().with_sink(queued(&kept, Queue::new(5).when_full(when_full)));
        let delivery = layer.delivery();
        recorded(layer, || {
            info_span!("first").in_scope(|| waiting.recv().unwrap());
            (0..10).for_each(|_| succeed());
            drop_while_pending();
            (0..2).for_each(|_| fail());
            (0..10).for_each(|_| succeed());
        });
        drop(open);
        delivery.flush(LONG).unwrap();
        let kept: Vec<_> = kept.records();
        let count = |outcome| {
            kept.iter()
                .filter(|record| record.event_outcome == outcome && record.event_name != "delivery")
                .count()
        };
        assert_eq!((count(Outcome::Failed), count(Outcome::Cancelled)), (2, 1), "{when_full:?}");
        let counters = delivery.counters();
        let output = &counters.outputs[0];
        assert_eq!(counters.recorded, output.written + output.dropped.queue_full, "{when_full:?}");
        // One was being written.
        assert_eq!(output.written, 1 + 5);
        assert_eq!(output.loss_records, 1);
    }
}

#[test]
fn the_oldest_is_what_waits_longest_however_small_the_queue() {
    let (kept, open, waiting) = Kept::gated();
    let layer = layer().with_sink(queued(&kept, Queue::new(3).when_full(WhenFull::DropOldest)));
    let delivery = layer.delivery();
    recorded(layer, || {
        info_span!("first").in_scope(|| waiting.recv().unwrap());
        for number in 0..100 {
            info_span!("later", number).in_scope(|| {});
        }
    });
    drop(open);
    delivery.flush(LONG).unwrap();
    let last = |record: &Record| record.payload.get("number")?.as_u64();
    let numbers: Vec<_> = kept.records().iter().filter_map(last).collect();
    assert_eq!(numbers, [98, 99, 99]);
}

/// Drops a future that was polled once, while it waits.
fn drop_while_pending() {
    let mut future = Box::pin(std::future::pending::<()>().operation(info_span!("dropped")));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::future::Future::poll(future.as_mut(), &mut context).is_pending());
}

#[test]
fn a_queue_that_blocks_loses_nothing() {
    let kept = Kept::new();
    let layer = layer().with_sink(queued(&kept, Queue::new(1).when_full(WhenFull::Block)));
    let delivery = layer.delivery();
    bounded(move || {
        recorded(layer, || (0..500).for_each(|_| succeed()));
        delivery.flush(LONG).unwrap();
        assert_eq!(kept.records().len(), 1_000);
        assert_eq!(delivery.counters().outputs[0].dropped.total(), 0);
    });
}

#[test]
fn a_sink_that_ends_operations_of_the_program_does_not_wait_for_itself() {
    let ended = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ended);
    let spans = std::sync::Mutex::new(Vec::<Span>::new());
    let spans = Arc::new(spans);
    let held = Arc::clone(&spans);
    let kept = Kept::that(move |_| {
        count.fetch_add(held.lock().unwrap().drain(..).count(), Ordering::Relaxed);
        Ok(())
    });
    let layer = layer().with_sink(queued(&kept, Queue::new(1).when_full(WhenFull::Block)));
    let delivery = layer.delivery();
    let told = kept.clone();
    bounded(move || {
        recorded(layer, || {
            for _ in 0..10 {
                let span = info_span!("held");
                span.in_scope(|| {});
                spans.lock().unwrap().push(span);
            }
            succeed();
        });
        delivery.flush(LONG).unwrap();
        assert_eq!(ended.load(Ordering::Relaxed), 10);
    });
    assert_eq!(told.told().iter().filter(|told| *told == "held unknown").count(), 10);
}

#[test]
fn a_sink_that_wants_batches_gets_them_and_no_larger_ones() {
    let kept = Kept { max_batch: 8, batch_delay: LONG, ..Kept::new() };
    let layer = layer().with_sink(queued(&kept, Queue::new(1_000)));
    let delivery = layer.delivery();
    recorded(layer, || (0..10).for_each(|_| succeed()));
    delivery.flush(LONG).unwrap();
    let sizes: Vec<_> = kept.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 20);
    assert!(sizes.iter().all(|size| *size <= 8), "{sizes:?}");
    assert!(sizes.len() <= 5, "{sizes:?}");
}

#[test]
fn flushing_gives_up_when_its_time_is_over_and_says_what_is_left() {
    let (kept, open, waiting) = Kept::gated();
    let layer = layer().with_sink(queued(&kept, Queue::new(10)));
    let delivery = layer.delivery();
    recorded(layer, succeed);
    waiting.recv().unwrap();
    let error = delivery.flush(Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.outputs().collect::<Vec<_>>(), ["kept"]);
    assert!(error.to_string().starts_with("kept: the time was over with "), "{error}");
    drop(open);
    delivery.flush(LONG).unwrap();
    assert_eq!(kept.records().len(), 2);
}

#[test]
fn a_queue_is_written_to_its_end_when_its_layer_is_dropped() {
    let (kept, open, waiting) = Kept::gated();
    let layer = layer().with_sink(queued(&kept, Queue::new(100)));
    recorded(layer, || (0..20).for_each(|_| succeed()));
    drop(open);
    // Each record says that it begins; the channel ends when the sink is dropped by the thread that wrote it.
    let batches = Arc::clone(&kept.batches);
    drop(kept);
    while waiting.recv().is_ok() {}
    assert_eq!(batches.lock().unwrap().concat().len(), 40);
}
