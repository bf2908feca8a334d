//! Cancellation of tasks, and of what waits for another.

use std::future::pending;

use serde_json::json;
use tokio::runtime;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet, yield_now};
use tracing::Instrument as _;
use tracing_invocation::Level::{Debug, Info};
use tracing_invocation::Outcome::{Cancelled, Invoke};
use tracing_invocation::{ErrorClass, operation};

use super::super::{assert_tells, dropped, stopped, until};
use super::{inner, run, slow};
use crate::golden::assert_golden;
use crate::support::capture;

/// The error of a drop has a fixed type and text.
#[tokio::test]
async fn by_task_cancel() {
    let log = capture();
    let task = tokio::spawn(run());
    until(&log, 1).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_golden!("cancellation/by_task_cancel", log);
}

#[tokio::test]
async fn before_first_step() {
    let log = capture();
    let task = tokio::spawn(run());
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_golden!("cancellation/before_first_step", log);
}

/// A task that is aborted when its owner is dropped ends after it, by a cancellation of its own.
#[tokio::test]
async fn across_a_task_boundary() {
    #[operation]
    async fn outer() {
        let mut tasks = JoinSet::new();
        tasks.spawn(inner().in_current_span());
        tasks.join_next().await;
    }
    let log = capture();
    let task = tokio::spawn(outer());
    until(&log, 2).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    until(&log, 4).await;
    assert_tells(
        &log,
        [
            ("outer", Invoke, Debug, json!({})),
            ("inner", Invoke, Debug, json!({})),
            ("outer", Cancelled, Info, dropped()),
            ("inner", Cancelled, Info, dropped()),
        ],
    );
}

/// Who waits for an aborted task gets an error, and is cancelled where that counts as a cancellation: each of them.
#[tokio::test]
async fn two_waiters_on_one_task() {
    #[operation]
    async fn inner(_open: watch::Sender<()>) {
        pending().await
    }
    #[operation]
    async fn first(task: JoinHandle<()>) -> Result<(), JoinError> {
        task.await
    }
    #[operation(errors = |_: &watch::error::RecvError| ErrorClass::Cancelled)]
    async fn second(mut closed: watch::Receiver<()>) -> Result<(), watch::error::RecvError> {
        closed.changed().await
    }
    let log = capture();
    let (open, closed) = watch::channel(());
    let task = tokio::spawn(inner(open));
    until(&log, 1).await;
    let (id, abort) = (task.id(), task.abort_handle());
    let _ = tokio::join!(biased; first(task), second(closed), async { abort.abort() });
    let first = format!("task {id} was cancelled");
    assert_tells(
        &log,
        [
            ("inner", Invoke, Debug, json!({})),
            ("first", Invoke, Debug, json!({})),
            ("second", Invoke, Debug, json!({})),
            ("inner", Cancelled, Info, dropped()),
            ("first", Cancelled, Info, stopped("JoinError", &first)),
            ("second", Cancelled, Info, stopped("RecvError", "channel closed")),
        ],
    );
}

#[tokio::test]
async fn first_of_two_wins() {
    #[operation]
    async fn fast() {
        yield_now().await;
    }
    #[operation]
    async fn race() {
        tokio::select! {
            biased;
            () = fast() => {}
            () = slow() => {}
        }
    }
    let log = capture();
    race().await;
    assert_golden!("cancellation/first_of_two_wins", log);
}

/// A spawned task whose handle is dropped goes on: nothing has to shield it.
#[tokio::test]
async fn shielded_inner() {
    #[operation]
    async fn inner(released: oneshot::Receiver<()>) {
        released.await.unwrap();
    }
    #[operation]
    async fn outer(released: oneshot::Receiver<()>) {
        tokio::spawn(inner(released).in_current_span()).await.unwrap();
    }
    let log = capture();
    let (release, released) = oneshot::channel();
    let task = tokio::spawn(outer(released));
    until(&log, 2).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let done = log.lines().len();
    release.send(()).unwrap();
    until(&log, 4).await;
    assert_golden!("cancellation/shielded_inner", log, so_far[done]);
}

/// The runtime drops what is left on the thread that drops the runtime.
#[test]
fn pending_at_runtime_shutdown() {
    let log = capture();
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        tokio::spawn(run());
        until(&log, 1).await;
    });
    let done = log.lines().len();
    drop(runtime);
    assert_golden!("cancellation/pending_at_runtime_shutdown", log, so_far[done]);
}
