//! The convention for ordinary spans, row by row.

mod panics;

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use tracing::{Instrument as _, instrument};
use tracing_invocation::{Level, Outcome, operation};

use crate::support::{capture, only, poll_once, story};

#[instrument(ret, err, fields(invocation.evidence = "ret, err"))]
async fn run(end: Result<u8, &'static str>) -> Result<u8, &'static str> {
    tokio::task::yield_now().await;
    end
}

#[instrument(name = "run", ret, err, skip_all, fields(invocation.evidence = "ret, err"))]
async fn run_forever() -> Result<(), &'static str> {
    pending().await
}

#[instrument(skip_all)]
async fn bare() {
    pending().await
}

#[tokio::test]
async fn success_at_the_return_event() {
    let log = capture();
    let answer = run(Ok(1)).await;
    assert_eq!(answer, Ok(1));
    assert_eq!(story(&log), ["run invoke", "run success"]);
    assert_eq!(only(&log, "run", Outcome::Success).level, Level::Debug);
}

#[tokio::test]
async fn failed_at_the_error_event() {
    let log = capture();
    assert_eq!(run(Err("bad")).await, Err("bad"));
    let failed = only(&log, "run", Outcome::Failed);
    assert_eq!(failed.level, Level::Error);
    assert_eq!(failed.payload["error"], json!({"type": "error", "message": "bad"}));
}

#[test]
fn cancelled_when_dropped_while_pending() {
    let log = capture();
    let mut run = Box::pin(run_forever());
    assert!(poll_once(run.as_mut()).is_pending());
    assert_eq!(story(&log), ["run invoke"]);
    drop(run);
    assert_eq!(story(&log), ["run invoke", "run cancelled"]);

    let [invoke, cancelled] = log.records().try_into().unwrap();
    assert_eq!((invoke.level, invoke.payload.len()), (Level::Debug, 0));
    assert_eq!(cancelled.level, Level::Info);
    let error = json!({"type": "cancelled", "message": "dropped before completion"});
    assert_eq!(json!(cancelled.payload), json!({"cancelled": true, "error": error}));
}

#[test]
fn nothing_when_never_polled() {
    let log = capture();
    drop(run_forever());
    drop(tracing::info_span!("quiet", invocation.evidence = "ret"));
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn unknown_when_closed_without_promise_or_evidence() {
    let log = capture();
    let mut bare = Box::pin(bare());
    assert!(poll_once(bare.as_mut()).is_pending());
    drop(bare);
    let unknown = only(&log, "bare", Outcome::Unknown);
    assert_eq!((unknown.level, unknown.payload.len()), (Level::Debug, 0));
}

#[test]
fn cancelled_where_the_layer_was_told_that_the_target_promises() {
    use tracing_subscriber::prelude::*;
    let log = tracing_invocation::testing::Log::new();
    let told =
        tracing_subscriber::filter::Targets::new().with_target("it::stock", tracing::Level::INFO);
    let subscriber = tracing_subscriber::registry().with(log.layer().with_promising(told));
    tracing::subscriber::with_default(subscriber, || {
        assert!(poll_once(pin!(bare())).is_pending());
    });
    log.assert_last("bare").ended(Outcome::Cancelled);
}

#[test]
fn a_panic_is_failed_and_goes_on() {
    #[instrument(ret, fields(invocation.name = "run"))]
    fn explode() {
        std::panic::panic_any("boom")
    }
    let log = capture();
    let payload = catch_unwind(explode).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"boom"));
    let failed = only(&log, "run", Outcome::Failed);
    assert_eq!(failed.payload["error"]["type"], "panic");
}

#[test]
fn cancelled_when_dropped_by_the_unwinding_of_another() {
    let log = capture();
    let mut run = Box::pin(run_forever());
    assert!(poll_once(run.as_mut()).is_pending());
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _run = run;
        panic!("somebody else's")
    }));
    assert!(unwound.is_err());
    log.assert_last("run").ended(Outcome::Cancelled);
}

#[test]
fn a_drop_that_unwinding_runs_through_is_not_a_panic_of_what_it_polls() {
    #[instrument(ret, skip_all, fields(invocation.name = "clean_up"))]
    fn clean_up() {}
    struct CleansUp;
    impl Drop for CleansUp {
        fn drop(&mut self) {
            clean_up();
        }
    }
    let log = capture();
    let unwound = catch_unwind(|| {
        let _guard = CleansUp;
        panic!("outside")
    });
    assert!(unwound.is_err());
    log.assert_last("clean_up").ended(Outcome::Success);
}

#[tokio::test]
async fn settled_at_the_evidence_while_the_span_stays_open() {
    #[instrument(ret, fields(invocation.name = "run"))]
    fn leave_a_handle() -> u8 {
        KEPT.set(Some(tracing::Span::current()));
        1
    }
    thread_local! {
        static KEPT: std::cell::Cell<Option<tracing::Span>> = const { std::cell::Cell::new(None) };
    }
    let log = capture();
    leave_a_handle();
    assert_eq!(story(&log), ["run invoke", "run success"]);
    drop(KEPT.take());
    assert_eq!(story(&log), ["run invoke", "run success"]);
}

#[tokio::test]
async fn an_ordinary_error_event_is_not_evidence() {
    #[instrument(ret, fields(invocation.name = "run"))]
    async fn complain() -> u8 {
        tracing::error!(error = "only said");
        tracing::error!(error = "said with a message", "oh");
        tracing::info!(r#return = 3);
        7
    }
    let log = capture();
    complain().await;
    assert_eq!(story(&log), ["run invoke", "run success"]);
}

#[test]
fn evidence_of_a_child_that_was_filtered_away_is_not_the_parents() {
    use tracing_subscriber::prelude::*;
    #[instrument(ret, err, skip_all, name = "hidden", target = "hidden")]
    fn hidden() -> Result<u8, &'static str> {
        Err("handled")
    }
    #[instrument(ret, skip_all, fields(invocation.name = "run"))]
    fn visible() -> u8 {
        hidden().unwrap_or(2)
    }
    let log = tracing_invocation::testing::Log::new();
    let spans = tracing_subscriber::filter::filter_fn(|meta| {
        !(meta.is_span() && meta.target() == "hidden")
    });
    let subscriber = tracing_subscriber::registry().with(log.layer()).with(spans);
    tracing::subscriber::with_default(subscriber, visible);
    assert_eq!(story(&log), ["run invoke", "run success"]);
}

#[tokio::test(start_paused = true)]
async fn one_timeout_of_three_nested_operations_is_one_full_record() {
    #[instrument(ret, fields(invocation.evidence = "ret"))]
    async fn outer() {
        middle().await
    }
    #[instrument(ret, fields(invocation.evidence = "ret"))]
    async fn middle() {
        inner().await
    }
    #[instrument(ret, fields(invocation.evidence = "ret"))]
    async fn inner() {
        pending().await
    }
    let log = capture();
    timeout(Duration::from_secs(1), outer()).await.unwrap_err();
    let ends = ["inner cancelled", "middle cancelled", "outer cancelled"];
    assert_eq!(story(&log)[3..], ends);
    let inner = only(&log, "inner", Outcome::Cancelled);
    assert_eq!((inner.level, inner.payload.get("cancelled_by")), (Level::Info, None));
    for name in ["middle", "outer"] {
        let dropped = only(&log, name, Outcome::Cancelled);
        assert_eq!(dropped.level, Level::Debug);
        assert_eq!(dropped.payload["cancelled_by"], inner.span_id.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_inside_leaves_the_outer_operation_what_it_is() {
    #[instrument(ret, fields(invocation.evidence = "ret"))]
    async fn outer(then_wait: bool) {
        timeout(Duration::from_secs(1), inner()).await.unwrap_err();
        if then_wait {
            pending::<()>().await;
        }
    }
    #[instrument(ret, fields(invocation.evidence = "ret"))]
    async fn inner() {
        pending().await
    }
    let log = capture();
    outer(false).await;
    log.assert_last("outer").ended(Outcome::Success);

    timeout(Duration::from_secs(9), outer(true)).await.unwrap_err();
    let outer = log.assert_last("outer").ended(Outcome::Cancelled);
    assert_eq!(outer.records()[1].level, Level::Info, "its own cancellation, in full");
}

#[test]
fn an_error_that_bubbles_is_told_once() {
    #[instrument(ret, err, fields(invocation.name = "outer"))]
    fn outer() -> Result<(), String> {
        inner()
    }
    #[instrument(ret, err, fields(invocation.name = "inner"))]
    fn inner() -> Result<(), String> {
        Err("disk full".into())
    }
    let log = capture();
    outer().unwrap_err();
    let inner = only(&log, "inner", Outcome::Failed);
    let outer = only(&log, "outer", Outcome::Failed);
    assert_eq!((inner.level, outer.level), (Level::Error, Level::Debug));
    assert_eq!(json!(outer.payload), json!({"caused_by": inner.span_id}));
}

#[test]
fn names_entity_arguments_and_context_come_from_fields() {
    let log = capture();
    let span = tracing::info_span!(
        target: "shop::worker",
        "static",
        invocation.name = "ldap.bind",
        invocation.namespace = "shop.ldap",
        invocation.entity_id = 42,
        args.attempt = 1,
        state = "closed",
        session = tracing::field::Empty,
    );
    span.in_scope(|| {});
    span.record("state", "opened").record("session", "s-1").record("args.attempt", 2);
    drop(span);

    let [invoke, end] = log.records().try_into().unwrap();
    for record in [&invoke, &end] {
        assert_eq!(record.event_name, "ldap.bind");
        assert_eq!(record.event_namespace, "shop.ldap");
        assert_eq!(record.entity_id.as_deref(), Some("42"));
    }
    assert_eq!(json!(invoke.payload), json!({"args": {"attempt": 1}, "state": "closed"}));
    assert_eq!(json!(end.payload["session"]), "s-1");
    assert_eq!(json!(end.payload["state"]), "opened");
    assert_eq!(end.payload.get("args"), None);
}

#[test]
fn one_reserved_name_moves_all_context() {
    let log = capture();
    tracing::info_span!("run", item = 1, error = "last one").in_scope(|| {});
    let context = json!({"context": {"item": 1, "error": "last one"}});
    for record in log.records() {
        assert_eq!(json!(record.payload), context);
    }
}

#[test]
fn an_operation_belongs_to_the_nearest_operation_around_it() {
    let log = capture();
    tracing::info_span!("outer").in_scope(|| {
        tracing::debug_span!("not an operation").in_scope(|| {
            tracing::info_span!("inner").in_scope(|| {});
        });
        tracing::info_span!(parent: None, "root").in_scope(|| {});
    });
    let outer = only(&log, "outer", Outcome::Invoke);
    let inner = only(&log, "inner", Outcome::Invoke);
    let root = only(&log, "root", Outcome::Invoke);
    assert_eq!((inner.parent_span_id, inner.trace_id), (Some(outer.span_id), outer.trace_id));
    assert_eq!(root.parent_span_id, None);
    assert_ne!(root.trace_id, outer.trace_id);
}

#[test]
fn a_forgotten_span_stays_open_and_harms_nobody() {
    let log = capture();
    let mut forgotten = Box::pin(run_forever());
    assert!(poll_once(forgotten.as_mut()).is_pending());
    std::mem::forget(forgotten);
    tracing::info_span!("other").in_scope(|| {});
    log.assert_last("run").is_open();
    log.assert_no_invoke_ended_twice();
    assert_eq!(log.open().len(), 1);
}

#[test]
fn thousands_of_calls_of_one_function_are_told_apart() {
    #[instrument(
        ret,
        err,
        skip_all,
        fields(invocation.entity_id = number, invocation.evidence = "ret, err")
    )]
    async fn call(
        number: u64,
        gate: std::sync::Arc<tokio::sync::Semaphore>,
    ) -> Result<u64, String> {
        let _permit = gate.acquire().await;
        if number % 3 == 1 { Err("odd".into()) } else { Ok(number) }
    }
    let log = capture();
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let mut calls: Vec<_> = (0..3_000).map(|number| Box::pin(call(number, gate.clone()))).collect();
    for call in &mut calls {
        assert!(poll_once(call.as_mut()).is_pending());
    }
    assert_eq!(log.open().len(), 3_000);
    let mut kept: Vec<_> = calls.into_iter().enumerate().filter(|(at, _)| at % 3 != 2).collect();
    gate.add_permits(3_000);
    for (_, call) in &mut kept {
        assert!(poll_once(call.as_mut()).is_ready());
    }
    log.assert_every_invoke_ended_once();
    for record in log.records().into_iter().filter(|record| record.event_outcome.is_terminal()) {
        let number: u64 = record.entity_id.unwrap().parse().unwrap();
        let expected = [Outcome::Success, Outcome::Failed, Outcome::Cancelled];
        assert_eq!(record.event_outcome, expected[number as usize % 3]);
    }
}

#[tokio::test]
async fn a_span_around_any_future_may_promise() {
    let log = capture();
    let span = tracing::info_span!("by_hand", invocation.evidence = "ret, err");
    let mut waiting = Box::pin(pending::<()>().instrument(span));
    assert!(poll_once(waiting.as_mut()).is_pending());
    drop(waiting);
    log.assert_last("by_hand").ended(Outcome::Cancelled);
}

#[test]
fn results_of_ret_are_written_only_when_asked_for() {
    use tracing_subscriber::prelude::*;
    #[instrument(ret, fields(invocation.name = "count"))]
    fn count() -> u8 {
        42
    }
    let log = tracing_invocation::testing::Log::new();
    for results in [false, true] {
        let subscriber = tracing_subscriber::registry().with(log.layer().with_results(results));
        tracing::subscriber::with_default(subscriber, count);
    }
    let results: Vec<_> =
        log.records().iter().map(|record| record.payload.get("result").cloned()).collect();
    assert_eq!(results, [None, None, None, Some(json!("42"))]);
}

#[test]
fn an_entity_that_is_null_is_none() {
    #[operation("run", entity_id = id)]
    fn run_for(id: Option<&str>) {}
    let log = capture();
    run_for(None);
    tracing::info_span!("run", invocation.entity_id = tracing_invocation::json(&None::<u8>))
        .in_scope(|| {});
    run_for(Some("null"));
    let entities: Vec<_> = log.records().into_iter().map(|record| record.entity_id).collect();
    let [none, null] = [None, Some("null".to_owned())];
    assert_eq!(entities, [none.clone(), none.clone(), none.clone(), none, null.clone(), null]);
}
