//! `operation`, `try_operation`, `operation_judged`, and `#[operation]` on an async function.

use std::fmt::Error;
use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use serde_json::json;
use tracing::{Dispatch, Instrument as _, Span, dispatcher, info_span};
use tracing_invocation::testing::Log;
use tracing_invocation::{FutureExt as _, Outcome, Verdict, operation};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::{Payload, error_of, explode, panicked, pause, payload_of};
use crate::support::{capture, check_lines, poll_once, story};

const PAUSES: u32 = 5;

type Boxed = Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>>;

/// A way to make an operation of [`steps`].
type Way = fn(fn(u32)) -> Boxed;

/// Pauses five times, and calls `at` before each pause and at the end with how often it was polled.
async fn steps(at: impl Fn(u32)) -> Result<u32, Error> {
    for poll in 1..=PAUSES {
        at(poll);
        pause().await;
    }
    at(PAUSES + 1);
    Ok(7)
}

#[operation("run")]
async fn run(at: fn(u32)) -> Result<u32, Error> {
    steps(at).await
}

#[operation("run", live(left = at as usize > 0))]
async fn run_live(at: fn(u32)) -> Result<u32, Error> {
    steps(at).await
}

#[operation("run")]
fn run_boxed(at: fn(u32)) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>> {
    Box::pin(steps(at))
}

/// The same operation in every way that there is.
const WAYS: [Way; 6] = [
    |at| Box::pin(steps(at).operation(info_span!("run"))),
    |at| Box::pin(steps(at).try_operation(info_span!("run"))),
    |at| Box::pin(steps(at).operation_judged(info_span!("run"), |_| Verdict::success())),
    |at| Box::pin(run(at)),
    |at| Box::pin(run_live(at)),
    run_boxed,
];

#[test]
fn cancelled_at_every_poll_and_nothing_before_the_first() {
    for way in WAYS {
        for polls in 0..=PAUSES {
            let log = capture();
            let mut future = way(|_| {});
            for _ in 0..polls {
                assert!(poll_once(future.as_mut()).is_pending());
            }
            assert_eq!(log.lines().len(), usize::from(polls > 0));
            drop(future);
            let told = if polls == 0 { &[][..] } else { &["run invoke", "run cancelled"] };
            assert_eq!(story(&log), told, "dropped after {polls} polls");
        }
    }
}

#[test]
fn success_when_it_completes_with_its_value_untouched() {
    for way in WAYS {
        let log = capture();
        let mut future = way(|_| {});
        for _ in 0..PAUSES {
            assert!(poll_once(future.as_mut()).is_pending());
        }
        assert_eq!(poll_once(future.as_mut()), Poll::Ready(Ok(7)));
        assert_eq!(story(&log), ["run invoke", "run success"], "before it is dropped");
        drop(future);
        assert_eq!(log.lines().len(), 2);
    }
}

#[test]
fn failed_when_it_panics_at_any_poll_with_its_payload_untouched() {
    thread_local! {
        static FATAL: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    for way in WAYS {
        for fatal in 1..=PAUSES + 1 {
            FATAL.set(fatal);
            let log = capture();
            let mut future = way(|poll| {
                if poll == FATAL.get() {
                    explode(poll)
                }
            });
            for _ in 1..fatal {
                assert!(poll_once(future.as_mut()).is_pending());
            }
            assert_eq!(payload_of(|| poll_once(future.as_mut())), Payload(fatal));
            assert_eq!(story(&log), ["run invoke", "run failed"], "before it is dropped");
            assert_eq!(error_of(&log, "run"), panicked(super::UNKNOWN_MESSAGE));
            drop(future);
            assert_eq!(log.lines().len(), 2);
        }
    }
}

#[test]
fn a_panic_is_told_with_its_message() {
    let log = capture();
    let mut future = Box::pin(
        async {
            pause().await;
            panic!("out of {}", "ink");
        }
        .operation(info_span!("print")),
    );
    assert!(poll_once(future.as_mut()).is_pending());
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll_once(future.as_mut())))
        .unwrap_err();
    assert_eq!(error_of(&log, "print"), panicked("out of ink"));
}

#[test]
fn an_error_is_failed_by_those_who_look_and_untouched() {
    let log = capture();
    let failing = || ready(Err::<u32, _>(Error));
    let polled = |future: Boxed| poll_once({ future }.as_mut());
    let ends = [
        polled(Box::pin(failing().operation(info_span!("plain")))),
        polled(Box::pin(failing().try_operation(info_span!("tried")))),
        polled(Box::pin(failing().operation_judged(info_span!("judged"), Verdict::of))),
    ];
    assert_eq!(ends, [Poll::Ready(Err(Error)); 3]);
    log.assert_last("plain").ended(Outcome::Success);
    let error = json!({"type": "fmt::Error", "message": Error.to_string()});
    assert_eq!(error_of(&log, "tried"), error);
    assert_eq!(error_of(&log, "judged"), error);
}

#[tokio::test]
async fn a_judge_says_how_it_ended_and_one_that_panics_has_no_say() {
    let log = capture();
    let judged = |name: &'static str, verdict: fn(&u16) -> Verdict| {
        ready(503_u16).operation_judged(info_span!("fetch", name), verdict)
    };
    assert_eq!(judged("failed", |status| Verdict::failed_as("status", status)).await, 503);
    assert_eq!(judged("cancelled", |_| Verdict::cancelled()).await, 503);
    assert_eq!(judged("panics", |_| panic!("a judge gave up")).await, 503);

    let ends: Vec<_> = log.records().into_iter().skip(1).step_by(2).collect();
    let outcomes: Vec<_> = ends.iter().map(|end| end.event_outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Cancelled, Outcome::Success]);
    assert_eq!(ends[0].payload["error"], json!({"type": "status", "message": "503"}));
}

#[tokio::test]
async fn settled_at_its_end_while_the_span_is_held() {
    let log = capture();
    let span = info_span!("held");
    let held = span.clone();
    async {}.operation(span).await;
    assert_eq!(story(&log), ["held invoke", "held success"]);

    let mut pending = Box::pin(pending::<()>().operation(held.clone()));
    assert!(poll_once(pending.as_mut()).is_pending());
    drop((pending, held));
    assert_eq!(log.lines().len(), 2, "a second operation of one span is none");
}

#[tokio::test]
async fn settled_at_its_end_while_a_child_that_it_spawned_goes_on() {
    let log = capture();
    let mut spawned = None;
    async {
        let child = pending::<()>().instrument(info_span!("child", invocation.evidence = "ret"));
        spawned = Some(tokio::spawn(child));
    }
    .operation(info_span!("parent"))
    .await;
    let child = spawned.unwrap();
    log.assert_last("parent").ended(Outcome::Success);
    tokio::task::yield_now().await;
    log.assert_last("child").is_open();

    child.abort();
    assert!(child.await.unwrap_err().is_cancelled());
    let told = ["parent invoke", "parent success", "child invoke", "child cancelled"];
    assert_eq!(story(&log), told);
}

#[test]
fn cancelled_at_the_drop_while_a_child_that_it_spawned_goes_on() {
    let log = capture();
    let (begin, begun) = std::sync::mpsc::channel();
    let mut parent = Box::pin(
        async move {
            let mut child = Box::pin(pending::<()>().operation(info_span!("child")));
            assert!(poll_once(child.as_mut()).is_pending());
            begin.send(child).unwrap();
            pause().await;
        }
        .operation(info_span!("parent")),
    );
    assert!(poll_once(parent.as_mut()).is_pending());
    let child = begun.recv().unwrap();
    drop(parent);
    log.assert_last("parent").ended(Outcome::Cancelled);
    log.assert_last("child").is_open();
    drop(child);
    log.assert_every_invoke_ended_once();
}

#[test]
fn polled_and_dropped_on_other_threads_it_is_one_operation() {
    for way in WAYS {
        let log = Log::new();
        let dispatch = Dispatch::new(registry().with(log.layer()));
        let mut future = dispatcher::with_default(&dispatch, || way(|_| {}));
        for _ in 0..3 {
            let poll = move || {
                assert!(poll_once(future.as_mut()).is_pending());
                future
            };
            let dispatch = dispatch.clone();
            let polled = thread::spawn(move || dispatcher::with_default(&dispatch, poll));
            future = polled.join().unwrap();
        }
        thread::spawn(move || drop(future)).join().unwrap();
        check_lines(&log);
        assert_eq!(story(&log), ["run invoke", "run cancelled"]);
    }
}

#[test]
fn dropped_by_the_panic_of_another_it_is_cancelled() {
    for way in WAYS {
        let log = capture();
        let mut future = way(|_| {});
        assert!(poll_once(future.as_mut()).is_pending());
        let payload = payload_of(move || {
            let _future = future;
            explode(1);
        });
        assert_eq!(payload, Payload(1));
        assert_eq!(story(&log), ["run invoke", "run cancelled"]);
    }
}

#[test]
fn begun_and_ended_by_a_destructor_while_a_panic_unwinds_it_is_what_it_is() {
    struct Runs(fn());
    impl Drop for Runs {
        fn drop(&mut self) {
            self.0();
        }
    }
    let log = capture();
    payload_of(|| {
        let _completes = Runs(|| {
            let mut future = Box::pin(async {}.operation(info_span!("completes")));
            assert!(poll_once(future.as_mut()).is_ready());
        });
        let _is_dropped = Runs(|| {
            let mut future = Box::pin(pending::<()>().operation(info_span!("is dropped")));
            assert!(poll_once(future.as_mut()).is_pending());
        });
        explode(1);
    });
    log.assert_last("completes").ended(Outcome::Success);
    log.assert_last("is dropped").ended(Outcome::Cancelled);
    log.assert_every_invoke_ended_once();
}

#[test]
fn a_destructor_that_panics_while_it_is_cancelled_leaves_one_end() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            explode(3);
        }
    }
    let log = capture();
    let mut future = Box::pin(
        async {
            let _bomb = Bomb;
            pause().await;
        }
        .operation(info_span!("run")),
    );
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!(payload_of(move || drop(future)), Payload(3));
    log.assert_every_invoke_ended_once();
    log.assert_last("run").ended(Outcome::Failed);
}

#[test]
fn the_waker_of_the_caller_reaches_the_future() {
    struct Noted;
    impl Wake for Noted {
        fn wake(self: Arc<Self>) {}
    }
    let waker = Waker::from(Arc::new(Noted));
    let expected = waker.clone();
    let looks = std::future::poll_fn(move |context| {
        assert!(context.waker().will_wake(&expected));
        Poll::Ready(())
    });
    let mut future = Box::pin(looks.operation(info_span!("run")));
    assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
}

#[test]
fn without_a_span_that_is_recorded_nothing_breaks() {
    let pass_through = |span: fn() -> Span| {
        let polled = |future: Boxed| poll_once({ future }.as_mut());
        assert_eq!(polled(Box::pin(ready(Ok(1)).operation(span()))), Poll::Ready(Ok(1)));
        let failed = ready(Err(Error)).try_operation(span());
        assert_eq!(polled(Box::pin(failed)), Poll::Ready(Err(Error)));
        let mut dropped = Box::pin(pause().operation(span()));
        assert!(poll_once(dropped.as_mut()).is_pending());
        drop(dropped);
        let panics = std::future::poll_fn::<(), _>(|_| explode(5)).operation(span());
        assert_eq!(payload_of(|| poll_once(Box::pin(panics).as_mut())), Payload(5));
    };
    // Without any subscriber.
    pass_through(|| info_span!("unheard"));
    let log = capture();
    pass_through(Span::none);
    pass_through(|| tracing::trace_span!("too fine to be recorded"));
    pass_through(|| info_span!("refused", invocation.record = false));
    assert_eq!(log.lines(), [""; 0]);
}
