//! How far operations got, and which of them are slow.

mod in_flight;
mod model;
mod raced;
mod slow;

use std::time::Duration;

use serde_json::Value;
use tracing::{Instrument as _, info_span};
use tracing_invocation::testing::Log;
use tracing_invocation::{
    Capture, FutureExt as _, Handle, InFlight, InvocationLayer, Outcome, StreamExt as _, begin,
    operation,
};
use tracing_subscriber::prelude::*;

use crate::support::{check_lines, only, poll_once};

const MS: Duration = Duration::from_millis(1);

/// A log, and what makes it the one of this thread.
struct Captured {
    log: Log,
    in_flight: InFlight,
    handle: Handle,
    _default: tracing::subscriber::DefaultGuard,
}

fn captured(settle: impl FnOnce(InvocationLayer) -> InvocationLayer) -> Captured {
    let log = Log::new();
    let layer = settle(log.layer());
    let (in_flight, handle) = (layer.in_flight(), layer.handle());
    let subscriber = tracing_subscriber::registry().with(layer);
    Captured { log, in_flight, handle, _default: tracing::subscriber::set_default(subscriber) }
}

fn with_progress() -> Captured {
    captured(|layer| layer.with_capture(Capture::none().with_progress()))
}

impl Drop for Captured {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check_lines(&self.log);
            self.log.assert_no_invoke_ended_twice();
        }
    }
}

/// How far the only operation of this name got that ended so.
#[track_caller]
fn progress(log: &Log, name: &str, outcome: Outcome) -> Value {
    only(log, name, outcome).payload["progress"].clone()
}

fn number(progress: &Value, key: &str) -> Option<u64> {
    progress.get(key).map(|number| number.as_u64().unwrap())
}

/// Busy for so many milliseconds at each of so many polls, and then done.
async fn work(log: Log, polls: usize, busy: u32) {
    for _ in 1..polls {
        log.advance(MS * busy);
        tokio::task::yield_now().await;
    }
    log.advance(MS * busy);
}

/// Polls a future so often, idle for so many milliseconds in between.
fn poll<F: Future>(log: &Log, future: &mut std::pin::Pin<Box<F>>, times: usize, idle: u32) {
    for at in 0..times {
        if at > 0 {
            log.advance(MS * idle);
        }
        let _ = poll_once(future.as_mut());
    }
}

const MS_NS: u64 = 1_000_000;

#[test]
fn nothing_is_told_unless_it_is_asked_for() {
    let captured = captured(|layer| layer);
    begin(info_span!("run")).complete();
    assert_eq!(progress_or_none(&captured.log, "run"), None);
}

fn progress_or_none(log: &Log, name: &str) -> Option<Value> {
    only(log, name, Outcome::Success).payload.get("progress").cloned()
}

#[test]
fn a_future_tells_its_polls_and_its_busy_and_idle_time() {
    let captured = with_progress();
    let log = &captured.log;
    let mut run = Box::pin(work(log.clone(), 3, 5).operation(info_span!("run")));
    poll(log, &mut run, 3, 20);
    let told = progress(log, "run", Outcome::Success);
    assert_eq!(number(&told, "polls"), Some(3));
    // The clock moves by one millisecond with the `invoke` record.
    assert_eq!(number(&told, "busy_ns"), Some(16 * MS_NS));
    assert_eq!(number(&told, "idle_ns"), Some(40 * MS_NS));
    assert_eq!(number(&told, "since_last_poll_ns"), None, "it ended in a poll");
}

#[test]
fn a_stock_future_with_evidence_tells_the_same() {
    let captured = with_progress();
    let log = &captured.log;
    #[tracing::instrument(ret, skip_all)]
    async fn run(log: Log) {
        work(log, 3, 5).await;
    }
    poll(log, &mut Box::pin(run(log.clone())), 3, 20);
    let told = progress(log, "run", Outcome::Success);
    assert_eq!(number(&told, "polls"), Some(3));
    assert_eq!(number(&told, "busy_ns"), Some(16 * MS_NS));
    assert_eq!(number(&told, "idle_ns"), Some(40 * MS_NS));
}

#[test]
fn dropped_it_does_not_count_the_drop_as_a_poll() {
    let captured = with_progress();
    let log = &captured.log;
    let mut wrapped = Box::pin(work(log.clone(), 9, 5).operation(info_span!("wrapped")));
    let stock = info_span!("stock", invocation.evidence = "ret");
    let mut stock = Box::pin(work(log.clone(), 9, 5).instrument(stock));
    poll(log, &mut wrapped, 2, 20);
    log.advance(MS * 100);
    drop(wrapped);
    poll(log, &mut stock, 2, 20);
    log.advance(MS * 100);
    drop(stock);
    for name in ["wrapped", "stock"] {
        let told = progress(log, name, Outcome::Cancelled);
        assert_eq!(number(&told, "polls"), Some(2), "{name}");
        assert_eq!(number(&told, "since_last_poll_ns"), Some(100 * MS_NS), "{name}");
        assert_eq!(number(&told, "idle_ns"), Some(120 * MS_NS), "{name}");
        assert_eq!(told.get("pending"), None);
    }
}

#[test]
fn a_stream_and_a_guard_count_what_they_run() {
    let captured = with_progress();
    let log = &captured.log;
    let guard = begin(info_span!("guard"));
    guard.span().in_scope(|| log.advance(MS * 3));
    log.advance(MS * 4);
    guard.complete();
    let told = progress(log, "guard", Outcome::Success);
    assert_eq!(number(&told, "polls"), Some(1));
    assert_eq!(number(&told, "since_last_poll_ns"), Some(4 * MS_NS));

    struct Two(u32);
    impl futures_core::Stream for Two {
        type Item = u32;
        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<u32>> {
            self.0 += 1;
            std::task::Poll::Ready((self.0 < 3).then_some(self.0))
        }
    }
    let mut rows = Box::pin(Two(0).operation_stream(info_span!("rows")));
    for _ in 0..3 {
        let _ = futures_core::Stream::poll_next(
            rows.as_mut(),
            &mut std::task::Context::from_waker(std::task::Waker::noop()),
        );
    }
    assert_eq!(number(&progress(log, "rows", Outcome::Success), "polls"), Some(3));
}

#[test]
fn nested_entries_of_one_span_count_once() {
    let captured = with_progress();
    let log = &captured.log;
    let span = info_span!("run", invocation.evidence = "ret");
    span.in_scope(|| {
        log.advance(MS * 2);
        span.in_scope(|| log.advance(MS * 3));
        log.advance(MS * 2);
    });
    log.advance(MS * 10);
    span.in_scope(|| log.advance(MS));
    span.in_scope(|| {});
    drop(span);
    let told = progress(log, "run", Outcome::Cancelled);
    assert_eq!(number(&told, "busy_ns"), Some(9 * MS_NS));
    assert_eq!(number(&told, "idle_ns"), Some(10 * MS_NS));
    assert_eq!(number(&told, "polls"), Some(2), "the last of three counts as a drop");
}

#[test]
fn two_threads_at_once_inside_one_span_count_once() {
    let captured = with_progress();
    let log = &captured.log;
    let span = info_span!("run", invocation.evidence = "ret");
    span.in_scope(|| {
        let there = span.clone();
        let (log, there_log) = (log.clone(), log.clone());
        std::thread::spawn(move || there.in_scope(|| there_log.advance(MS * 3))).join().unwrap();
        log.advance(MS * 2);
    });
    drop(span);
    let told = progress(log, "run", Outcome::Cancelled);
    assert_eq!(number(&told, "busy_ns"), Some(6 * MS_NS));
    assert_eq!(number(&told, "idle_ns"), Some(0));
}

#[operation]
async fn outer(log: Log) {
    step(&log).await;
    middle(log).await;
}

#[operation]
async fn step(log: &Log) {
    log.advance(MS);
}

#[operation]
async fn middle(log: Log) {
    inner(log).await;
}

#[operation]
async fn inner(_: Log) {
    std::future::pending::<()>().await;
}

#[test]
fn a_cascade_names_the_innermost_that_was_pending() {
    let captured = with_progress();
    let log = &captured.log;
    let mut run = Box::pin(outer(log.clone()));
    poll(log, &mut run, 2, 10);
    drop(run);
    let id = |name: &str| log.assert_last(name).records()[0].span_id.to_string();
    let told = |name: &str| progress(log, name, Outcome::Cancelled);
    assert_eq!(told("inner").get("pending"), None);
    for outside in ["middle", "outer"] {
        let pending = &told(outside)["pending"];
        assert_eq!((&pending["name"], &pending["span_id"]), (&"inner".into(), &id("inner").into()));
        let cancelled = only(log, outside, Outcome::Cancelled);
        assert_eq!(cancelled.payload["cancelled_by"], pending["span_id"]);
    }
    let child = &told("outer")["last_child"];
    assert_eq!((&child["name"], &child["outcome"]), (&"middle".into(), &"cancelled".into()));
}

#[test]
fn a_cascade_of_stock_spans_does_too() {
    let captured = with_progress();
    let log = &captured.log;
    let mut run = Box::pin(
        async {
            tokio::task::yield_now().await;
            let inner = info_span!("inner", invocation.evidence = "ret");
            std::future::pending::<()>().instrument(inner).await;
        }
        .instrument(info_span!("outer", invocation.evidence = "ret")),
    );
    poll(log, &mut run, 3, 1);
    drop(run);
    let told = progress(log, "outer", Outcome::Cancelled);
    assert_eq!(told["pending"]["name"], "inner");
    assert_eq!(number(&told, "polls"), Some(3));
}

#[test]
fn what_was_dropped_before_was_not_pending() {
    let captured = with_progress();
    let log = &captured.log;
    let mut run = Box::pin(
        async {
            let mut lost = Box::pin(inner(log.clone()));
            let _ = poll_once(lost.as_mut());
            drop(lost);
            std::future::pending::<()>().await;
        }
        .operation(info_span!("run")),
    );
    poll(log, &mut run, 2, 1);
    drop(run);
    let told = progress(log, "run", Outcome::Cancelled);
    assert_eq!(told.get("pending"), None);
    assert_eq!(told["last_child"]["name"], "inner");
}

#[test]
fn at_the_end_of_the_program_what_is_open_was_pending() {
    let log = Log::new();
    let layer = log.layer().with_capture(Capture::none().with_progress());
    let delivery = layer.delivery();
    let default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let mut run = Box::pin(outer(log.clone()));
    poll(&log, &mut run, 1, 1);
    delivery.finish(Duration::from_secs(1)).unwrap();
    assert_eq!(progress(&log, "outer", Outcome::Unknown)["pending"]["name"], "inner");
    assert_eq!(progress(&log, "inner", Outcome::Unknown).get("pending"), None);
    drop(run);
    drop(default);
    check_lines(&log);
    log.assert_every_invoke_ended_once();
}

#[tokio::test(start_paused = true)]
async fn under_a_timeout_it_says_since_when_it_waited() {
    let captured = with_progress();
    let log = &captured.log;
    let waits = async {
        log.advance(MS * 7);
        tokio::time::sleep(Duration::from_secs(1)).await;
        log.advance(MS * 1_000);
        std::future::pending::<()>().await;
    };
    let waits = waits.operation(info_span!("run"));
    tokio::time::timeout(Duration::from_secs(30), waits).await.unwrap_err();
    let told = progress(log, "run", Outcome::Cancelled);
    assert_eq!(number(&told, "polls"), Some(3));
    assert_eq!(number(&told, "busy_ns"), Some(1_008 * MS_NS));
    assert_eq!(
        number(&told, "since_last_poll_ns"),
        Some(0),
        "the clock of the records stood still"
    );
}

#[test]
fn a_context_field_of_its_name_moves_aside() {
    let captured = with_progress();
    let span = info_span!("run", progress = 7, slow = true);
    begin(span).complete();
    let record = only(&captured.log, "run", Outcome::Success);
    assert_eq!(record.payload["context"], serde_json::json!({"progress": 7, "slow": true}));
    assert!(record.payload["progress"].is_object());
}
