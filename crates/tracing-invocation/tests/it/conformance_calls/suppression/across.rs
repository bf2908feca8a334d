//! Errors that pass from one namespace, task or thread to another, or between operations that are not nested.

use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::{spawn_blocking, yield_now};
use tracing::{Instrument as _, Span, dispatcher};
use tracing_invocation::Level::{Debug, Error};
use tracing_invocation::Outcome::{Failed, Invoke};
use tracing_invocation::operation;

use super::super::{ValueError, assert_tells, error};
use super::inner;
use crate::golden::assert_golden;
use crate::support::capture;

/// An error is the same one only to the operations around the one that told it: the second tells it again.
#[test]
fn stored_and_raised_again() {
    #[operation]
    fn first() -> Result<(), ValueError> {
        Err(ValueError("boom"))
    }
    #[operation]
    fn second(stored: ValueError) -> Result<(), ValueError> {
        Err(stored)
    }
    let log = capture();
    let stored = first().unwrap_err();
    second(stored).unwrap_err();
    assert_tells(
        &log,
        [
            ("first", Invoke, Debug, json!({})),
            ("first", Failed, Error, error("ValueError", "boom")),
            ("second", Invoke, Debug, json!({})),
            ("second", Failed, Error, error("ValueError", "boom")),
        ],
    );
}

/// The outer record names the operation that told the error.
#[test]
fn across_contexts() {
    #[operation(namespace = "app.db")]
    fn inner() -> Result<(), ValueError> {
        Err(ValueError("boom"))
    }
    #[operation(namespace = "app")]
    fn outer() -> Result<(), ValueError> {
        inner()
    }
    let log = capture();
    outer().unwrap_err();
    assert_golden!("suppression/across_contexts", log);
}

/// A task is inside the operation that spawned it where the span is carried along (`in_current_span`); otherwise
/// both would tell the error.
#[tokio::test]
async fn across_a_task_boundary() {
    #[operation]
    async fn inner() -> Result<(), ValueError> {
        yield_now().await;
        Err(ValueError("boom"))
    }
    #[operation]
    async fn outer(inside: bool) -> Result<(), ValueError> {
        let span = if inside { Span::current() } else { Span::none() };
        tokio::spawn(inner().instrument(span)).await.unwrap()
    }
    let log = capture();
    outer(true).await.unwrap_err();
    assert_golden!("suppression/across_a_task_boundary", log);

    log.clear();
    outer(false).await.unwrap_err();
    assert_tells(
        &log,
        [
            ("outer", Invoke, Debug, json!({})),
            ("inner", Invoke, Debug, json!({})),
            ("inner", Failed, Error, error("ValueError", "boom")),
            ("outer", Failed, Error, error("ValueError", "boom")),
        ],
    );
}

/// Work on another thread is inside the operation where the span is entered there.
#[tokio::test]
async fn across_threads() {
    #[operation]
    async fn outer() -> Result<(), ValueError> {
        let span = Span::current();
        let dispatch = dispatcher::get_default(Clone::clone);
        let work = move || dispatcher::with_default(&dispatch, || span.in_scope(inner));
        spawn_blocking(work).await.unwrap()
    }
    let log = capture();
    outer().await.unwrap_err();
    assert_golden!("suppression/across_threads", log);
}

/// Neither is inside the other, so both tell the error.
#[tokio::test]
async fn one_failure_seen_by_two_parents() {
    type Failure = oneshot::Receiver<ValueError>;
    #[operation]
    async fn left(failure: Failure) -> Result<(), ValueError> {
        Err(failure.await.unwrap())
    }
    #[operation]
    async fn right(failure: Failure) -> Result<(), ValueError> {
        Err(failure.await.unwrap())
    }
    let log = capture();
    let ((fail_left, fails_left), (fail_right, fails_right)) =
        (oneshot::channel(), oneshot::channel());
    let task = async {
        let boom = ValueError("boom");
        fail_left.send(boom.clone()).unwrap();
        fail_right.send(boom).unwrap();
    };
    let _ = tokio::join!(biased; left(fails_left), right(fails_right), task);
    assert_tells(
        &log,
        [
            ("left", Invoke, Debug, json!({})),
            ("right", Invoke, Debug, json!({})),
            ("left", Failed, Error, error("ValueError", "boom")),
            ("right", Failed, Error, error("ValueError", "boom")),
        ],
    );
}
