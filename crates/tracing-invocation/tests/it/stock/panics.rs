//! A panic that leaves a stock span: when it ends the operation, and what refutes that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Barrier;
use std::thread;

use tokio::task::yield_now;
use tracing::dispatcher::{self, Dispatch};
use tracing::{Instrument as _, Span, info_span, instrument};
use tracing_invocation::Outcome;
use tracing_invocation::testing::Log;
use tracing_subscriber::prelude::*;

use crate::support::{capture, check_lines, only, poll_once, story};

fn panics() {
    panic!("torn")
}

/// Runs `f`, and catches its panic.
fn caught(f: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
}

/// Polls to the end.
fn run<F: Future<Output = ()>>(future: F) {
    let mut future = Box::pin(future);
    assert!((0..10).any(|_| poll_once(future.as_mut()).is_ready()));
}

/// Runs `f` on a thread of its own, under the same subscriber.
fn elsewhere(f: impl FnOnce() + Send) {
    let dispatch = dispatcher::get_default(Dispatch::clone);
    let f = || dispatcher::with_default(&dispatch, f);
    thread::scope(|scope| drop(scope.spawn(f).join()));
}

#[tokio::test]
async fn unknown_where_a_blocking_task_panicked_in_the_span_and_the_function_returned() {
    #[instrument]
    async fn bare() {
        let span = Span::current();
        let joined = tokio::task::spawn_blocking(move || span.in_scope(panics)).await;
        assert!(joined.is_err());
        yield_now().await;
    }
    let log = Log::new();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(log.layer()));
    let _default = dispatcher::set_default(&dispatch);
    bare().await;
    check_lines(&log);
    assert_eq!(story(&log), ["bare invoke", "bare unknown"]);
}

#[test]
fn unknown_where_a_task_in_the_span_panicked_and_was_joined() {
    #[instrument]
    async fn bare(elsewhere: bool) {
        let mut task: Pin<Box<dyn Future<Output = ()> + Send>> =
            Box::pin(async { panics() }.in_current_span());
        yield_now().await;
        TASK.set(Some(Box::pin(async move { task.as_mut().await })));
        yield_now().await;
        let _ = elsewhere;
    }
    thread_local! {
        static TASK: std::cell::Cell<Option<Pin<Box<dyn Future<Output = ()> + Send>>>> =
            const { std::cell::Cell::new(None) };
    }
    for is_elsewhere in [false, true] {
        let log = capture();
        let mut bare = Box::pin(bare(is_elsewhere));
        for _ in 0..2 {
            assert!(poll_once(bare.as_mut()).is_pending());
        }
        let mut task = TASK.take().unwrap();
        let poll = move || caught(move || assert!(poll_once(task.as_mut()).is_pending()));
        if is_elsewhere {
            elsewhere(poll)
        } else {
            poll()
        }
        assert!(poll_once(bare.as_mut()).is_ready());
        drop(bare);
        assert_eq!(story(&log), ["bare invoke", "bare unknown"], "{is_elsewhere}");
    }
}

#[test]
fn unknown_where_somebody_else_was_inside_at_the_panic() {
    #[instrument]
    async fn bare() {
        let span = Span::current();
        caught(|| span.in_scope(panics));
    }
    let log = capture();
    run(bare());
    assert_eq!(story(&log), ["bare invoke", "bare unknown"]);

    // The first to leave the span by a panic is not the one that opened it.
    log.clear();
    let span = info_span!("bare");
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _inside = span.enter();
            barrier.wait();
            barrier.wait();
        });
        barrier.wait();
        caught(|| span.in_scope(panics));
        barrier.wait();
    });
    drop(span);
    assert_eq!(story(&log), ["bare invoke", "bare unknown"]);
}

#[test]
fn unknown_where_the_first_to_enter_panicked_and_others_went_on() {
    let log = capture();
    let span = info_span!("batch");
    caught(|| span.in_scope(panics));
    span.in_scope(|| {});
    span.in_scope(|| {});
    drop(span);
    assert_eq!(story(&log), ["batch invoke", "batch unknown"]);

    log.clear();
    let span = info_span!("batch");
    caught(|| span.in_scope(panics));
    elsewhere(|| span.in_scope(|| {}));
    drop(span);
    assert_eq!(story(&log), ["batch invoke", "batch unknown"]);
}

#[test]
fn failed_by_a_panic_of_its_own_after_one_that_was_refuted() {
    #[instrument]
    async fn bare() {
        let span = Span::current();
        elsewhere(|| span.in_scope(panics));
        yield_now().await;
        panic!("its own")
    }
    let log = capture();
    caught(|| run(bare()));
    assert_eq!(only(&log, "bare", Outcome::Failed).payload["error"]["message"], "its own");
}

#[test]
fn failed_by_a_panic_of_its_own_however_it_is_dropped_then() {
    async fn torn(polls: usize) {
        for _ in 0..polls {
            yield_now().await;
        }
        panics();
    }
    #[instrument]
    async fn bare(polls: usize) {
        torn(polls).await;
    }
    for polls in [0, 2] {
        let log = capture();
        // Dropped by the unwinding.
        caught(|| run(bare(polls)));
        assert_eq!(story(&log), ["bare invoke", "bare failed"]);

        // Dropped after the panic was caught: it enters its span once more.
        log.clear();
        let mut task = Box::pin(torn(polls).instrument(info_span!("task")));
        caught(|| while poll_once(task.as_mut()).is_pending() {});
        log.assert_last("task").is_open();
        drop(task);
        assert_eq!(story(&log), ["task invoke", "task failed"]);
    }
}

#[test]
fn failed_at_the_time_of_the_panic_though_the_span_is_held_open() {
    let log = capture();
    let span = info_span!("bare");
    caught(|| span.in_scope(panics));
    log.advance(std::time::Duration::from_secs(3));
    drop(span);
    assert!(only(&log, "bare", Outcome::Failed).duration_ns < Some(1_000_000_000));
}
