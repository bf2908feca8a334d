//! What is said of a panic, and that it is said of no other.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tracing::info_span;
use tracing_invocation::sink::{Callback, Line, Output, Queue};
use tracing_invocation::testing::Log;
use tracing_invocation::{FutureExt as _, InvocationLayer, Outcome, Record, begin, operation};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{registry, reload};

use crate::hostile::tools::alone;
use crate::support::{capture, only, poll_once};

const UNKNOWN: &str = tracing_invocation::convention::error::MESSAGE_PANIC;

/// Runs `f`, which panics.
#[track_caller]
fn caught(f: impl FnOnce()) -> Box<dyn std::any::Any + Send> {
    catch_unwind(AssertUnwindSafe(f)).expect_err("a panic")
}

/// The message of the only failure of this name, and the line that it says it began in.
#[track_caller]
fn told(log: &Log, name: &str) -> (String, Option<u32>) {
    let record = only(log, name, Outcome::Failed);
    let error = &record.payload["error"];
    assert_eq!(error["type"], "panic");
    let line = error.get("location").map(|location| {
        let mut parts = location.as_str().unwrap().rsplit(':');
        let (_column, line) = (parts.next(), parts.next().unwrap().parse().unwrap());
        assert!(parts.next().unwrap().ends_with("tests/it/panics.rs"), "{location}");
        line
    });
    (error["message"].as_str().unwrap().to_owned(), line)
}

fn in_stock_span(f: impl FnOnce()) {
    info_span!("stock", invocation.name = "stock").in_scope(f);
}

#[test]
fn a_stock_span_says_what_the_panic_said_and_where() {
    let log = capture();
    let line = line!() + 1;
    caught(|| in_stock_span(|| panic!("order {} is torn", 7)));
    assert_eq!(told(&log, "stock"), ("order 7 is torn".to_owned(), Some(line)));
}

#[test]
fn a_stock_future_does_too_after_polls_that_did_not_panic() {
    let log = capture();
    let mut future = Box::pin(tracing::Instrument::instrument(
        async {
            tokio::task::yield_now().await;
            panic!("torn");
        },
        info_span!("stock", invocation.name = "stock"),
    ));
    caught(|| drop((0..2).map(|_| poll_once(future.as_mut())).collect::<Vec<_>>()));
    drop(future);
    assert_eq!(told(&log, "stock"), ("torn".to_owned(), Some(line!() - 6)));
}

#[operation]
fn wrapped(f: impl FnOnce()) {
    f();
}

#[test]
fn a_wrapper_says_where_as_well() {
    let log = capture();
    let line = line!() + 1;
    caught(|| wrapped(|| panic!("torn")));
    assert_eq!(told(&log, "wrapped"), ("torn".to_owned(), Some(line)));

    log.clear();
    let line = line!() + 1;
    let mut run = Box::pin(async { panic!("torn") }.operation(info_span!("run")));
    caught(|| assert!(poll_once(run.as_mut()).is_pending()));
    assert_eq!(told(&log, "run"), ("torn".to_owned(), Some(line)));

    log.clear();
    let line = line!() + 3;
    caught(|| {
        let _guard = begin(info_span!("upload"));
        panic!("torn");
    });
    assert_eq!(told(&log, "upload"), ("torn".to_owned(), Some(line)));
}

#[test]
fn a_payload_that_is_no_text_has_a_place_all_the_same() {
    let log = capture();
    let line = line!() + 1;
    caught(|| wrapped(|| in_stock_span(|| panic_any(7_u8))));
    assert_eq!(told(&log, "stock"), (UNKNOWN.to_owned(), Some(line)));
    log.assert_last("wrapped").with_payload("/caused_by", id(&log, "stock"));
}

#[track_caller]
fn id(log: &Log, name: &str) -> Value {
    log.assert_last(name).records()[0].span_id.to_string().into()
}

#[test]
fn one_panic_through_both_kinds_is_told_once() {
    let log = capture();
    let line = line!() + 1;
    caught(|| in_stock_span(|| wrapped(|| info_span!("inner").in_scope(|| panic!("torn")))));
    assert_eq!(told(&log, "inner"), ("torn".to_owned(), Some(line)));
    for outer in ["wrapped", "stock"] {
        log.assert_last(outer).ended(Outcome::Failed).with_payload("/caused_by", id(&log, "inner"));
    }
}

#[test]
fn one_panic_is_told_once_where_only_one_of_two_knows_it() {
    let log = capture();
    let old = caught(|| panic!("long ago"));
    // The inner operation sees a panic that calls no hook; the wrapper around it holds what was thrown.
    caught(|| wrapped(|| in_stock_span(|| resume_unwind(old))));
    assert_eq!(told(&log, "stock"), (UNKNOWN.to_owned(), None));
    log.assert_last("wrapped").with_payload("/caused_by", id(&log, "stock"));
}

#[test]
fn the_same_words_from_two_places_are_two_panics() {
    let log = capture();
    caught(|| {
        wrapped(|| {
            caught(|| in_stock_span(|| panic!("torn")));
            panic!("torn");
        })
    });
    let (inner, outer) = (told(&log, "stock"), told(&log, "wrapped"));
    assert_eq!(inner.0, outer.0);
    assert_ne!(inner.1, outer.1);
}

#[test]
fn of_a_panic_that_calls_no_hook_nothing_is_known() {
    let log = capture();
    let old = caught(|| in_stock_span(|| panic!("long ago")));
    log.clear();
    caught(|| in_stock_span(|| resume_unwind(old)));
    assert_eq!(told(&log, "stock"), (UNKNOWN.to_owned(), None));
}

#[test]
fn a_panic_that_was_caught_inside_is_not_taken_for_one_that_calls_no_hook() {
    let log = capture();
    caught(|| {
        in_stock_span(|| {
            caught(|| panic!("caught inside"));
            info_span!("between").in_scope(|| {});
            resume_unwind(Box::new("another"));
        })
    });
    assert_eq!(told(&log, "stock"), (UNKNOWN.to_owned(), None));
}

#[test]
fn a_value_that_panics_while_it_is_formatted_is_not_taken_for_it() {
    struct Torn;
    impl std::fmt::Display for Torn {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("while formatting")
        }
    }
    let log = capture();
    caught(|| {
        in_stock_span(|| {
            let _span = info_span!("never entered", value = %Torn);
            resume_unwind(Box::new("another"));
        })
    });
    assert_eq!(told(&log, "stock"), (UNKNOWN.to_owned(), None));
}

#[test]
fn a_panic_later_on_the_same_thread_is_told_with_its_own_words() {
    let log = capture();
    caught(|| in_stock_span(|| panic!("first")));
    log.clear();
    let line = line!() + 1;
    caught(|| in_stock_span(|| panic!("second")));
    assert_eq!(told(&log, "stock"), ("second".to_owned(), Some(line)));
}

/// Panics and is caught when it is dropped.
struct PanicsInside;

impl Drop for PanicsInside {
    fn drop(&mut self) {
        caught(|| panic!("inner"));
    }
}

#[test]
fn a_panic_inside_a_panic_is_not_taken_for_it() {
    let log = capture();
    caught(|| {
        in_stock_span(|| {
            let _drops = PanicsInside;
            panic!("outer");
        })
    });
    assert_eq!(told(&log, "stock"), (UNKNOWN.to_owned(), None));

    // A wrapper holds what was thrown, and so its words; that it is the one of two that was noted, it cannot know.
    log.clear();
    caught(|| {
        wrapped(|| {
            let _drops = PanicsInside;
            panic!("outer");
        })
    });
    assert_eq!(told(&log, "wrapped"), ("outer".to_owned(), None));
}

#[test]
fn an_operation_that_panics_inside_a_panic_has_its_own_words() {
    struct Runs;
    impl Drop for Runs {
        fn drop(&mut self) {
            caught(|| wrapped(|| panic!("inner")));
        }
    }
    let log = capture();
    let line = line!() - 4;
    caught(|| {
        let _drops = Runs;
        panic!("outer");
    });
    assert_eq!(told(&log, "wrapped"), ("inner".to_owned(), Some(line)));
}

#[test]
fn a_panic_on_another_thread_is_not_taken_for_one_on_this() {
    let log = capture();
    caught(|| {
        in_stock_span(|| {
            let there = std::thread::spawn(|| panic!("elsewhere")).join().unwrap_err();
            resume_unwind(there);
        })
    });
    assert_eq!(told(&log, "stock"), (UNKNOWN.to_owned(), None));
}

#[test]
fn the_words_of_a_panic_are_cut_and_redacted_as_errors_are() {
    let log = capture();
    caught(|| in_stock_span(|| panic!("no https://ann:hunter2@db.example {}", "x".repeat(2_000))));
    let (message, _) = told(&log, "stock");
    assert!(message.starts_with("no https://<redacted>@db.example xxx"), "{message}");
    assert!(message.ends_with("xxx...") && message.chars().count() <= 1_003, "{message}");
}

#[tracing::instrument]
fn sells() {
    panic!("no stock left");
}

fn messages(log: &Log) -> Vec<Value> {
    let failed = |record: &Record| record.event_outcome == Outcome::Failed;
    log.records()
        .into_iter()
        .filter(failed)
        .map(|record| record.payload["error"]["message"].clone())
        .collect()
}

#[test]
fn a_layer_that_comes_by_reload_knows_what_panics_say() {
    alone(|| {
        let (layer, handle) = reload::Layer::new(None::<InvocationLayer>);
        registry().with(layer).init();
        let log = Log::new();
        handle.reload(Some(log.layer())).unwrap();

        caught(sells);
        caught(|| {
            let _guard = begin(info_span!("guarded"));
            panic!("no guard left");
        });
        assert_eq!(messages(&log), ["no stock left", "no guard left"]);
    });
}

#[test]
fn a_layer_that_comes_by_reload_flushes_its_queue_when_a_panic_begins() {
    alone(|| {
        let (layer, handle) = reload::Layer::new(None::<InvocationLayer>);
        registry().with(layer).init();
        let written = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&written);
        let sink = Callback::new(move |_: &Line<'_>| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        let output = Output::new(sink).with_queue(Queue::new(100));
        let layer = tracing_invocation::layer().with_sink(output);
        let _delivery = layer.delivery();
        handle.reload(Some(layer)).unwrap();

        let seen = Arc::new(AtomicUsize::new(0));
        let at_hook = Arc::clone(&seen);
        let so_far = Arc::clone(&written);
        std::panic::set_hook(Box::new(move |_| {
            at_hook.store(so_far.load(Ordering::Relaxed), Ordering::Relaxed);
        }));
        for _ in 0..3 {
            wrapped(|| ());
        }
        caught(|| panic!("the process might end here"));
        assert_eq!(seen.load(Ordering::Relaxed), 6);
    });
}

#[test]
fn a_hook_that_the_program_sets_afterwards_is_called_and_takes_nothing_away() {
    alone(|| {
        let log = Log::new();
        registry().with(log.layer()).init();
        let calls = Arc::new(AtomicUsize::new(0));
        for round in 1..4 {
            let counted = Arc::clone(&calls);
            std::panic::set_hook(Box::new(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            }));
            caught(sells);
            assert_eq!(calls.load(Ordering::Relaxed), round);
        }
        assert_eq!(messages(&log), ["no stock left"; 3]);
    });
}

#[test]
fn a_hook_that_calls_the_one_before_is_left_alone() {
    alone(|| {
        let log = Log::new();
        registry().with(log.layer()).init();
        let calls = Arc::new(AtomicUsize::new(0));
        let (counted, before) = (Arc::clone(&calls), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |info| {
            counted.fetch_add(1, Ordering::Relaxed);
            before(info);
        }));
        caught(sells);
        caught(sells);
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert_eq!(messages(&log), ["no stock left"; 2]);
    });
}
