//! When records are made, for each way of calling an operation.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_core::Stream;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tracing_invocation::Level::{Debug, Error, Info};
use tracing_invocation::Outcome::{Cancelled, Failed, Invoke, Success};
use tracing_invocation::testing::Log;
use tracing_invocation::{ErrorClass, StreamExt as _, operation};

use super::{CancelledError, ValueError, assert_tells, dropped, dropped_with, error, inside};
use crate::golden::assert_golden;
use crate::support::{capture, poll_once};

#[operation("run")]
async fn run_forever() {
    pending().await
}

#[test]
fn sync_success() {
    #[operation]
    fn run() -> &'static str {
        "done"
    }
    let log = capture();
    assert_eq!(run(), "done");
    assert_golden!("call_shapes/sync_success", log);
}

#[test]
fn sync_failure() {
    #[operation]
    fn run() -> Result<(), ValueError> {
        Err(ValueError("bad"))
    }
    let log = capture();
    assert_eq!(run().unwrap_err().0, "bad");
    assert_golden!("call_shapes/sync_failure", log);
}

/// A function is cancelled by an error that it says is a cancellation.
#[test]
fn sync_cancelled() {
    #[operation(errors = |_: &CancelledError| ErrorClass::Cancelled)]
    fn run() -> Result<(), CancelledError> {
        Err(CancelledError("stop"))
    }
    let log = capture();
    assert_eq!(run().unwrap_err().0, "stop");
    assert_golden!("call_shapes/sync_cancelled", log);
}

#[test]
fn async_success_across_suspension() {
    #[operation]
    async fn run(log: Log) -> [usize; 2] {
        let before = log.lines().len();
        yield_now().await;
        [before, log.lines().len()]
    }
    let log = capture();
    let mut call = pin!(run(log.clone()));
    assert!(poll_once(call.as_mut()).is_pending());
    let Poll::Ready([before, after]) = poll_once(call) else { panic!("it suspends once") };
    assert_golden!("call_shapes/async_success_across_suspension", log, so_far [before, after]);
}

#[tokio::test]
async fn async_failure() {
    #[operation]
    async fn run() -> Result<(), ValueError> {
        yield_now().await;
        Err(ValueError("bad"))
    }
    let log = capture();
    run().await.unwrap_err();
    assert_golden!("call_shapes/async_failure", log);
}

#[test]
fn async_created_but_never_started() {
    let log = capture();
    let call = run_forever();
    let created = log.lines().len();
    drop(call);
    assert_golden!("call_shapes/async_created_but_never_started", log, so_far[created]);
}

/// A drop is a cancellation, and there is no other way to destroy a future.
#[test]
fn async_dropped_while_suspended() {
    let log = capture();
    let mut call = Box::pin(run_forever());
    assert!(poll_once(call.as_mut()).is_pending());
    assert_eq!(log.lines().len(), 1);
    drop(call);
    assert_tells(&log, [("run", Invoke, Debug, json!({})), ("run", Cancelled, Info, dropped())]);
}

/// A drop is a cancellation: the innermost tells it in full, the others that they ended along with it.
#[test]
fn nested_dropped_while_suspended() {
    #[operation]
    async fn inner() {
        pending().await
    }
    #[operation]
    async fn middle() {
        inner().await
    }
    #[operation]
    async fn outer() {
        middle().await
    }
    let log = capture();
    let mut call = Box::pin(outer());
    assert!(poll_once(call.as_mut()).is_pending());
    assert_eq!(log.lines().len(), 3);
    drop(call);
    assert_tells(
        &log,
        [
            ("outer", Invoke, Debug, json!({})),
            ("middle", Invoke, Debug, json!({})),
            ("inner", Invoke, Debug, json!({})),
            ("inner", Cancelled, Info, inside(dropped(), "middle")),
            ("middle", Cancelled, Debug, inside(dropped_with("inner"), "outer")),
            ("outer", Cancelled, Debug, dropped_with("inner")),
        ],
    );
}

/// `invoke` is recorded when the returned future is first polled, and not at the call.
#[tokio::test]
async fn awaitable_failure() {
    #[operation]
    fn send() -> impl Future<Output = Result<(), ValueError>> {
        async { Err(ValueError("bad")) }
    }
    let log = capture();
    let work = send();
    assert!(log.lines().is_empty());
    work.await.unwrap_err();
    assert_tells(
        &log,
        [("send", Invoke, Debug, json!({})), ("send", Failed, Error, error("ValueError", "bad"))],
    );
}

/// The work is cancelled by an error that the operation says is a cancellation.
#[tokio::test]
async fn awaitable_cancelled() {
    #[operation(errors = |_: &CancelledError| ErrorClass::Cancelled)]
    fn send() -> impl Future<Output = Result<(), CancelledError>> {
        async { Err(CancelledError("stop")) }
    }
    let log = capture();
    send().await.unwrap_err();
    assert_golden!("call_shapes/awaitable_cancelled", log);
}

/// A function that may fail before there is a future says so by its type, and is over when it returns.
#[test]
fn awaitable_fails_before_returning() {
    #[operation]
    fn send() -> Result<impl Future<Output = Infallible>, ValueError> {
        if true { Err(ValueError("bad")) } else { Ok(pending()) }
    }
    let log = capture();
    assert!(send().is_err());
    let called = log.lines().len();
    assert_golden!("call_shapes/awaitable_fails_before_returning", log, so_far[called]);
}

/// `invoke` too is recorded when the caller awaits, and neither at the call nor when the task finishes.
#[tokio::test]
async fn awaitable_is_a_running_task() {
    #[operation(result)]
    fn send(finished: oneshot::Sender<()>) -> impl Future<Output = u8> {
        let task = tokio::spawn(async {
            finished.send(()).unwrap();
            7
        });
        async { task.await.unwrap() }
    }
    let log = capture();
    let (finish, finished) = oneshot::channel();
    let work = send(finish);
    finished.await.unwrap();
    assert!(log.lines().is_empty());
    assert_eq!(work.await, 7);
    assert_tells(
        &log,
        [("send", Invoke, Debug, json!({})), ("send", Success, Debug, json!({"result": 7}))],
    );
}

#[tokio::test]
async fn awaitable_context_fields_timing() {
    struct Steps {
        step: Cell<u8>,
    }
    impl Steps {
        #[operation(live(step = self.step.get()))]
        fn send(&self) -> impl Future<Output = ()> {
            self.step.set(1);
            async { self.step.set(2) }
        }
    }
    let log = capture();
    let steps = Steps { step: Cell::new(0) };
    let work = steps.send();
    assert_eq!(steps.step.get(), 1);
    work.await;
    assert_golden!("call_shapes/awaitable_context_fields_timing", log);
}

#[test]
fn generator_succeeds_when_created() {
    #[operation]
    fn items() -> impl Iterator<Item = Result<u8, ValueError>> {
        [Ok(1), Err(ValueError("late"))].into_iter()
    }
    let log = capture();
    let items = items();
    let created = log.lines().len();
    assert!(items.collect::<Result<Vec<_>, _>>().is_err());
    assert_golden!("call_shapes/generator_succeeds_when_created", log, so_far[created]);
}

/// A function that returns a stream is over when it returns; a stream can be an operation of its own, to its end.
#[tokio::test]
async fn async_generator_succeeds_when_created() {
    struct Numbers(std::ops::RangeInclusive<u8>);
    impl Stream for Numbers {
        type Item = u8;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
            Poll::Ready(self.0.next())
        }
    }
    async fn draw(items: impl Stream<Item = u8>) -> Vec<u8> {
        let (mut items, mut drawn) = (pin!(items), Vec::new());
        while let Some(item) = poll_fn(|context| items.as_mut().poll_next(context)).await {
            drawn.push(item);
        }
        drawn
    }
    #[operation]
    fn items() -> impl Stream<Item = u8> {
        Numbers(1..=2)
    }
    let log = capture();
    let created = items();
    let so_far = log.lines().len();
    assert_eq!(draw(created).await, [1, 2]);
    assert_golden!("call_shapes/async_generator_succeeds_when_created", log, so_far[so_far]);

    log.clear();
    let created = Numbers(1..=2).operation_stream(tracing::info_span!("items"));
    assert!(log.lines().is_empty());
    assert_eq!(draw(created).await, [1, 2]);
    assert_tells(
        &log,
        [("items", Invoke, Debug, json!({})), ("items", Success, Debug, json!({"item_count": 2}))],
    );
}

#[tokio::test]
async fn nested_success_order() {
    #[operation]
    async fn inner() {}
    #[operation]
    async fn middle() {
        inner().await;
    }
    #[operation]
    async fn outer() {
        middle().await;
    }
    let log = capture();
    outer().await;
    assert_golden!("call_shapes/nested_success_order", log);
}

/// The records of a call share its `span_id`, where the original has nothing but payloads to pair them by.
#[tokio::test]
async fn concurrent_calls_interleave() {
    #[operation(fields(tag))]
    async fn work(tag: &str, goes_on: oneshot::Receiver<()>) {
        let _ = tag;
        goes_on.await.unwrap();
    }
    let log = capture();
    let ((go_a, a), (go_b, b)) = (oneshot::channel(), oneshot::channel());
    let b = async {
        work("b", b).await;
        go_a.send(()).unwrap();
    };
    tokio::join!(biased; work("a", a), b, async { go_b.send(()).unwrap() });
    assert_golden!("call_shapes/concurrent_calls_interleave", log);
}

#[test]
fn result_identity_is_preserved() {
    #[operation(result)]
    fn make(list: &mut Vec<u8>) -> &mut Vec<u8> {
        list.extend([1, 2]);
        list
    }
    let log = capture();
    let mut list = Vec::new();
    let place = std::ptr::from_mut(&mut list);
    let made = make(&mut list);
    assert!(std::ptr::eq(made, place));
    made.push(3);
    assert_golden!("call_shapes/result_identity_is_preserved", log);
}
