//! Operations that cross threads, several threads in one operation, and threads that are ending.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::pending;
use std::sync::Barrier;
use std::thread::{self, LocalKey};

use tracing::field::Value;
use tracing::{Dispatch, Instrument as _, Span, dispatcher, instrument};
use tracing_invocation::testing::{self, Log};
use tracing_invocation::{Outcome, Record};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::tools::{HandMade, Writes, alone, bounded, elsewhere, promise, read_line};
use crate::support::{capture, check_lines, poll_once, story};

#[test]
fn a_span_dropped_on_another_thread_ends_there() {
    let log = capture();
    let span = promise("run");
    span.in_scope(|| {});
    elsewhere(move || drop(span));
    assert_eq!(story(&log), ["run invoke", "run unknown"]);
}

#[test]
fn a_future_polled_and_dropped_on_three_threads_is_one_operation() {
    let log = capture();
    let mut future = Box::pin(pending::<()>().instrument(promise("run")));
    assert!(poll_once(future.as_mut()).is_pending());
    let future = elsewhere(move || {
        assert!(poll_once(future.as_mut()).is_pending());
        future
    });
    elsewhere(move || drop(future));
    assert_eq!(story(&log), ["run invoke", "run cancelled"]);
}

#[test]
fn a_span_entered_on_many_threads_at_once_is_one_operation() {
    for _ in 0..50 {
        let log = Log::new();
        let dispatch = Dispatch::new(registry().with(log.layer()));
        bounded(move || {
            let span = dispatcher::with_default(&dispatch, || promise("run"));
            let together = Barrier::new(4);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let _default = dispatcher::set_default(&dispatch);
                        together.wait();
                        span.in_scope(|| together.wait());
                    });
                }
            });
        });
        assert_eq!(story(&log), ["run invoke", "run cancelled"]);
    }
}

#[test]
fn evidence_from_several_threads_at_once_settles_once() {
    let made = HandMade::new(["invocation.x"]);
    for _ in 0..50 {
        let log = Log::new();
        let dispatch = Dispatch::new(registry().with(log.layer()));
        bounded(move || {
            let span = made.span_in(&dispatch, [&"x" as &dyn Value]);
            let together = Barrier::new(4);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let _default = dispatcher::set_default(&dispatch);
                        together.wait();
                        span.in_scope(|| made.fail(&"together"));
                    });
                }
            });
        });
        check_lines(&log);
        assert_eq!(story(&log), ["made invoke", "made failed"]);
    }
}

/// Ends the operation it holds while its thread is ending, and runs others before where `opens` says so: once what
/// the registry keeps for a thread is gone, the registry itself can open no spans there.
struct AtExit {
    dispatch: Dispatch,
    held: Span,
    opens: bool,
}

impl Drop for AtExit {
    fn drop(&mut self) {
        let _default = dispatcher::set_default(&self.dispatch);
        tracing::error!(error = "an event");
        if self.opens {
            let made = HandMade::new(["invocation.name"]);
            let span = made.span_in(&self.dispatch, [&"at exit" as &dyn Value]);
            span.in_scope(|| tracing::error!(error = "an event"));
            promise("by the default").in_scope(|| {});
        }
        self.held.record("late", tracing::field::debug("said"));
    }
}

/// Holds a begun operation for the end of this thread.
fn hold(place: &'static LocalKey<RefCell<Option<AtExit>>>, name: &str, opens: bool) {
    let dispatch = dispatcher::get_default(Dispatch::clone);
    let held = promise(name);
    held.in_scope(|| {});
    place.set(Some(AtExit { dispatch, held, opens }));
}

thread_local! {
    static FIRST: RefCell<Option<AtExit>> = const { RefCell::new(None) };
    static LAST: RefCell<Option<AtExit>> = const { RefCell::new(None) };
}

#[test]
fn destructors_of_a_thread_run_and_end_operations() {
    let log = Log::new();
    let dispatch = Dispatch::new(registry().with(log.layer()));
    bounded(move || {
        // Made before what the layer keeps for this thread, and so dropped after it.
        FIRST.with(|_| {});
        let _default = dispatcher::set_default(&dispatch);
        hold(&FIRST, "held first", false);
        hold(&LAST, "held last", true);
    });
    check_lines(&log);
    log.assert_every_invoke_ended_once();
    for held in ["held first", "held last"] {
        log.assert_last(held).ended(Outcome::Unknown).with_payload("/late", "\"said\"");
    }
    log.assert_last("at exit").ended(Outcome::Unknown);
}

#[test]
fn destructors_of_a_thread_reach_the_global_subscriber() {
    alone(|| {
        let log = testing::capture_globally();
        bounded(|| {
            FIRST.with(|_| {});
            hold(&FIRST, "held first", false);
            hold(&LAST, "held last", true);
        });
        check_lines(&log);
        log.assert_every_invoke_ended_once();
        for name in ["held first", "held last", "at exit"] {
            log.assert_last(name).ended(Outcome::Unknown);
        }
    });
}

#[instrument(ret, err, fields(invocation.entity_id = number))]
fn run(number: u32) -> Result<u32, &'static str> {
    if number.is_multiple_of(2) { Ok(number) } else { Err("odd") }
}

#[test]
fn eight_threads_through_one_writer_write_whole_lines_and_end_once() {
    const EACH: u32 = 2_000;
    let writes = Writes::default();
    let layer = tracing_invocation::layer().with_writer(writes.clone());
    let dispatch = Dispatch::new(registry().with(layer));
    bounded(move || {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    dispatcher::with_default(&dispatch, || {
                        for number in 0..EACH {
                            assert_eq!(run(number).is_ok(), number.is_multiple_of(2));
                        }
                    });
                });
            }
        });
    });
    let mut ends = HashMap::new();
    for (at, line) in writes.lines().iter().enumerate() {
        // Checking against the schema takes long, and the form of all these lines is the same.
        let record: Record = match at % 16 {
            0 => read_line(line),
            _ => serde_json::from_slice(line).unwrap(),
        };
        let number: u32 = record.entity_id.as_deref().unwrap().parse().unwrap();
        let even = number.is_multiple_of(2);
        let expected = if even { Outcome::Success } else { Outcome::Failed };
        let before = ends.insert(record.span_id, record.event_outcome);
        match record.event_outcome {
            Outcome::Invoke => assert_eq!(before, None),
            outcome => assert_eq!((outcome, before), (expected, Some(Outcome::Invoke))),
        }
    }
    assert_eq!(ends.len(), 8 * EACH as usize);
    assert!(ends.values().all(|last| last.is_terminal()));
}
