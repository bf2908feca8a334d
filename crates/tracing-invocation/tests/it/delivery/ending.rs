//! The end of a log.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::info_span;
use tracing_invocation::sink::{Incident, OnFailure, Output, Queue, WhenFull};
use tracing_invocation::{FutureExt as _, Outcome, begin, layer};

use super::super::hostile::tools::{alone, bounded, stderr_of};
use super::{Kept, LONG, recorded, succeed};

#[test]
fn what_is_open_when_the_guard_drops_is_unknown_the_innermost_first() {
    let kept = Kept::new();
    let layer = layer().with_sink(Output::new(kept.clone()).with_queue(Queue::new(100)));
    let guard = layer.guard();
    recorded(layer, || {
        let outer = info_span!("outer");
        let _outer = outer.enter();
        let inner = info_span!("inner");
        let _inner = inner.enter();
        let _never = info_span!("never entered");
        succeed();
        drop(guard);
        // What ends now has had its end.
    });
    let told = kept.told();
    let ends = ["end invoke", "end success", "inner unknown", "outer unknown"];
    assert_eq!(told, [&["outer invoke", "inner invoke"][..], &ends].concat());
    let records = kept.records();
    for record in records.iter().filter(|record| record.event_outcome == Outcome::Unknown) {
        assert_eq!(record.payload["unknown_reason"], "process exit");
        assert!(record.duration_ns.is_some());
    }
}

#[test]
fn a_queue_that_nobody_can_flush_says_so_on_stderr() {
    let output = alone(|| {
        let queued = || layer().with_sink(Output::new(Kept::new()).with_queue(Queue::new(1)));
        let guarded = queued();
        let _guard = guarded.guard();
        recorded(guarded, || {});
        recorded(layer().with_sink(Kept::new()), || {});
        recorded(queued(), || {});
    });
    if let Some(output) = output {
        let [said] = &stderr_of(output)[..] else { panic!("said once") };
        let expected = "tracing-invocation: kept: what is in its queue when the program ends is lost: keep `let _guard = \
                        layer.guard();` in main, from before the layer is composed";
        assert_eq!(said, expected);
    }
}

#[test]
fn an_operation_that_goes_on_after_the_end_of_the_log_is_told_no_other_end() {
    let kept = Kept::new();
    let layer = layer().with_sink(kept.clone());
    let delivery = layer.delivery();
    recorded(layer, || {
        let operation = begin(info_span!("guarded"));
        let future = Box::pin(async {}.operation(info_span!("never polled")));
        delivery.finish(LONG).unwrap();
        operation.complete();
        drop(future);
        succeed();
    });
    assert_eq!(kept.told(), ["guarded invoke", "guarded unknown", "end invoke", "end success"]);
}

#[test]
fn a_guard_keeps_its_deadline_where_a_full_queue_blocks() {
    let (kept, open, waiting) = Kept::gated();
    let queue = Queue::new(1).when_full(WhenFull::Block);
    let output = Output::new(kept.clone()).with_queue(queue).on_failure(OnFailure::ignore());
    let layer = layer().with_sink(output);
    let guard = layer.guard().with_deadline(Duration::from_millis(20));
    let delivery = layer.delivery();
    bounded(move || {
        recorded(layer, || {
            let spans = [0; 2].map(|_| info_span!("open"));
            // One is being written, one waits.
            let first = spans[0].enter();
            waiting.recv().unwrap();
            let second = spans[1].enter();
            drop(guard);
            drop((first, second));
        });
        let output = &delivery.counters().outputs[0];
        assert_eq!(output.dropped.queue_full, 2);
        drop(open);
        delivery.flush(LONG).unwrap();
        let told = kept.told();
        assert_eq!(told, ["open invoke", "delivery failed", "open invoke"]);
    });
}

#[test]
fn what_was_lost_and_could_not_be_told_in_the_log_is_told_at_the_end() {
    let broken = || Kept::that(|_| Err(io::Error::other("no")));
    let told = Arc::new(Mutex::new(Vec::new()));
    let output = |name: &'static str| {
        let place = Arc::clone(&told);
        let on_failure = OnFailure::call(move |incident| {
            if matches!(incident, Incident::Untold { .. }) {
                place.lock().unwrap().push(format!("{name}: {incident}"));
            }
        });
        Output::new(broken()).on_failure(on_failure)
    };
    let layer = layer().with_sink(output("first")).and_sink(output("second"));
    let guard = layer.guard();
    recorded(layer, succeed);
    drop(guard);
    let lost = "2 records were lost, and the log does not say so";
    assert_eq!(
        *told.lock().unwrap(),
        [format!("first: kept: {lost}"), format!("second: kept 2: {lost}")]
    );
}

#[test]
fn a_guard_that_cannot_flush_in_time_says_so_and_lets_the_program_end() {
    let (kept, open, waiting) = Kept::gated();
    let (tell, told) = std::sync::mpsc::channel();
    let on_failure = OnFailure::call(move |incident| {
        if let Incident::Unflushed { output, .. } = incident {
            tell.send((*output).to_owned()).unwrap();
        }
    });
    let output = Output::new(kept).with_queue(Queue::new(10)).on_failure(on_failure);
    let layer = layer().with_sink(output);
    let guard = layer.guard().with_deadline(Duration::from_millis(20));
    recorded(layer, succeed);
    waiting.recv().unwrap();
    drop(guard);
    assert_eq!(told.try_recv().unwrap(), "kept");
    drop(open);
}
