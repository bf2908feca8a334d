//! Many who record, flush and lose at once: nobody is forgotten, and nothing is told twice.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use tracing_invocation::sink::{Incident, Line, OnFailure, Output, Queue, Sink, WhenFull};
use tracing_invocation::{Delivery, Outcome, layer};

use super::super::hostile::tools::bounded;
use super::{Kept, LONG, recorded, succeed};

#[test]
fn who_flushes_is_served_although_others_go_on_recording_and_flushing() {
    let (kept, open, waiting) = Kept::gated();
    let layer = layer().with_sink(Output::new(kept).with_queue(Queue::new(100_000)));
    let delivery = layer.delivery();
    recorded(layer, || {
        (0..250).for_each(|_| succeed());
        waiting.recv().unwrap();
        let flushed = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                delivery.flush(LONG).unwrap();
                flushed.store(true, Ordering::Relaxed);
            });
            // As much is written as is recorded, so that the queue is never empty.
            let served = (0..50_000).any(|_| {
                succeed();
                for _ in 0..2 {
                    open.send(()).unwrap();
                    waiting.recv().unwrap();
                }
                delivery.flush(Duration::ZERO).unwrap_err();
                flushed.load(Ordering::Relaxed)
            });
            drop(open);
            assert!(served);
        });
    });
}

#[test]
fn a_queue_smaller_than_a_batch_does_not_wait_for_it_to_fill() {
    let kept = Kept { max_batch: 8, batch_delay: 10 * LONG, ..Kept::new() };
    let queue = Queue::new(4).when_full(WhenFull::Block);
    let layer = layer().with_sink(Output::new(kept.clone()).with_queue(queue));
    let delivery = layer.delivery();
    bounded(move || {
        recorded(layer, || (0..50).for_each(|_| succeed()));
        delivery.flush(LONG).unwrap();
        assert_eq!(kept.records().len(), 100);
    });
}

#[test]
fn what_is_counted_adds_up_in_the_midst_of_a_batch() {
    let (kept, open, waiting) = Kept::gated();
    let layer = layer().with_sink(Output::new(kept).with_queue(Queue::new(1_000)));
    let delivery = layer.delivery();
    recorded(layer, || (0..20).for_each(|_| succeed()));
    waiting.recv().unwrap();
    for written in 1..40 {
        open.send(()).unwrap();
        waiting.recv().unwrap();
        let counters = delivery.counters();
        let output = &counters.outputs[0];
        assert_eq!((output.written, output.queued), (written, 40 - written));
    }
    drop(open);
}

#[test]
fn threads_that_lose_together_say_once_that_they_lose_and_once_that_it_is_over() {
    const THREADS: usize = 8;
    let is_broken = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&is_broken);
    let kept = Kept::that(move |_| match switch.load(Ordering::Relaxed) {
        true => Err(io::Error::other("gone")),
        false => Ok(()),
    });
    let told = Arc::new(Mutex::new(Vec::new()));
    let place = Arc::clone(&told);
    let on_failure = OnFailure::call(move |incident| {
        let lost = match incident {
            Incident::Losing { .. } => None,
            Incident::Recovered { lost, .. } => Some(*lost),
            _ => unreachable!(),
        };
        place.lock().unwrap().push(lost);
    });
    let layer = layer().with_sink(Output::new(kept).on_failure(on_failure));
    let delivery = layer.delivery();
    recorded(layer, || {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let barrier = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    tracing::dispatcher::with_default(&dispatch, || {
                        barrier.wait();
                        (0..500).for_each(|_| succeed());
                    });
                });
            }
        });
    });
    assert_eq!(*told.lock().unwrap(), [None]);
    is_broken.store(false, Ordering::Relaxed);
    delivery.flush(LONG).unwrap();
    assert_eq!(*told.lock().unwrap(), [None, Some(2 * 500 * THREADS as u64)]);
}

#[test]
fn a_sink_that_flushes_its_own_queue_is_refused_and_does_not_wait_for_itself() {
    let place = Arc::new(OnceLock::<Delivery>::new());
    let delivery = Arc::clone(&place);
    let (answer, answers) = channel();
    let kept = Kept::that(move |_| {
        let refused = delivery.get().unwrap().flush(LONG).unwrap_err();
        answer.send(refused.to_string()).map_err(io::Error::other)
    });
    let layer = layer().with_sink(Output::new(kept).with_queue(Queue::new(10)));
    place.set(layer.delivery()).unwrap();
    let began = Instant::now();
    recorded(layer, succeed);
    let told = "kept: a thread that writes a queue does not wait for one";
    assert_eq!(answers.recv_timeout(2 * LONG).unwrap(), told);
    assert!(began.elapsed() < LONG);
}

#[test]
fn guards_that_are_dropped_while_others_record_end_each_operation_once() {
    const THREADS: usize = 4;
    let kept = Kept::new();
    let queue = Queue::new(16).when_full(WhenFull::Block);
    let layer = layer().with_sink(Output::new(kept.clone()).with_queue(queue));
    let delivery = layer.delivery();
    let guards: Vec<_> = (0..10).map(|_| layer.guard()).collect();
    recorded(layer, || {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let barrier = Barrier::new(THREADS + 1);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    tracing::dispatcher::with_default(&dispatch, || {
                        barrier.wait();
                        (0..200).for_each(|_| succeed());
                    });
                });
            }
            barrier.wait();
            drop(guards);
        });
    });
    delivery.flush(LONG).unwrap();
    let mut ends = HashMap::new();
    for record in kept.records() {
        let (invokes, others) = ends.entry(record.span_id).or_insert((0, 0));
        *if record.event_outcome == Outcome::Invoke { invokes } else { others } += 1;
    }
    assert_eq!(ends.len(), 200 * THREADS);
    assert!(ends.values().all(|told| *told == (1, 1)), "{ends:?}");
}

#[test]
fn a_sink_that_panics_whatever_it_is_asked_still_writes() {
    struct Panicking(Kept);
    impl Sink for Panicking {
        fn write(&self, line: &Line<'_>) -> io::Result<()> {
            self.0.write(line)
        }
        fn max_batch(&self) -> usize {
            panic!("how many")
        }
        fn batch_delay(&self) -> Duration {
            panic!("how long")
        }
        fn flush(&self) -> io::Result<()> {
            panic!("what is left")
        }
    }
    let kept = Kept::new();
    let (direct, queued) = (Panicking(kept.clone()), Panicking(kept.clone()));
    let layer = layer().with_sink(direct).and_sink(Output::new(queued).with_queue(Queue::new(10)));
    let delivery = layer.delivery();
    bounded(move || {
        recorded(layer, succeed);
        let error = delivery.flush(LONG).unwrap_err();
        assert_eq!(error.to_string(), "sink: the sink panicked; sink 2: the sink panicked");
        assert_eq!(kept.records().len(), 4);
    });
}

#[test]
fn any_name_will_do_for_an_output_with_a_queue() {
    let kept = Kept::new();
    let output = Output::new(kept.clone()).with_name("a\0b").with_queue(Queue::new(10));
    let layer = layer().with_sink(output);
    let delivery = layer.delivery();
    recorded(layer, succeed);
    delivery.flush(LONG).unwrap();
    assert_eq!(kept.told(), ["end invoke", "end success"]);
}
