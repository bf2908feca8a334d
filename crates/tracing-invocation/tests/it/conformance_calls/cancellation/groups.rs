//! Cancellation in groups of tasks and futures.

use std::fmt;
use std::future::pending;

use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, yield_now};
use tracing::Instrument as _;
use tracing_invocation::Level::{Debug, Info};
use tracing_invocation::Outcome::{Cancelled, Invoke, Success};
use tracing_invocation::{ErrorClass, operation};

use super::super::{
    CancelledError, ValueError, assert_tells, dropped, dropped_with, inside, stopped, until, with,
};
use super::slow;
use crate::golden::assert_golden;
use crate::support::capture;

#[operation]
async fn bad() -> Result<(), ValueError> {
    yield_now().await;
    Err(ValueError("boom"))
}

/// Succeeds when it is told to.
#[operation("slow")]
async fn slow_until(released: oneshot::Receiver<()>) {
    released.await.unwrap();
}

#[operation("stopped", errors = |_: &CancelledError| ErrorClass::Cancelled)]
async fn stops_itself() -> Result<(), CancelledError> {
    Err(CancelledError("stop"))
}

/// The errors of a group of tasks.
#[derive(Debug)]
struct ExceptionGroup(Vec<ValueError>);

impl fmt::Display for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = if self.0.len() > 1 { "s" } else { "" };
        write!(f, "unhandled errors in a TaskGroup ({} sub-exception{several})", self.0.len())
    }
}

impl std::error::Error for ExceptionGroup {}

/// Awaits the tasks of a group, and aborts the others when one has failed.
async fn all(mut group: JoinSet<Result<(), ValueError>>) -> Result<(), ExceptionGroup> {
    let mut errors = Vec::new();
    while let Some(joined) = group.join_next().await {
        if let Ok(Err(error)) = joined {
            errors.push(error);
            group.abort_all();
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(ExceptionGroup(errors)) }
}

/// A group's error is the program's own.
#[tokio::test]
async fn group_sibling_failure() {
    #[operation]
    async fn parent() -> Result<(), ExceptionGroup> {
        let mut group = JoinSet::new();
        let slow = async {
            slow().await;
            Ok(())
        };
        group.spawn(slow.in_current_span());
        group.spawn(bad().in_current_span());
        all(group).await
    }
    let log = capture();
    parent().await.unwrap_err();
    assert_golden!("cancellation/group_sibling_failure", log);
}

/// A group's error is the program's own.
#[tokio::test]
async fn group_two_failures() {
    #[operation(fields(tag))]
    async fn child(tag: &'static str) -> Result<(), ValueError> {
        Err(ValueError(tag))
    }
    #[operation]
    async fn parent() -> Result<(), ExceptionGroup> {
        let mut group = JoinSet::new();
        group.spawn(child("a").in_current_span());
        group.spawn(child("b").in_current_span());
        all(group).await
    }
    let log = capture();
    parent().await.unwrap_err();
    assert_golden!("cancellation/group_two_failures", log);
}

/// Spawned children are dropped after the parent that owned them; as futures of its own they are dropped along with
/// it, and the parent's record names one of them.
#[tokio::test]
async fn group_cancelled_from_outside() {
    #[operation(fields(tag))]
    async fn child(tag: &'static str) {
        let _ = tag;
        pending().await
    }
    #[operation]
    async fn parent(spawns: bool) {
        if spawns {
            let mut group = JoinSet::new();
            group.spawn(child("a").in_current_span());
            group.spawn(child("b").in_current_span());
            group.join_all().await;
        } else {
            tokio::join!(child("a"), child("b"));
        }
    }
    let cancelled = |tag| with(dropped(), json!({"tag": tag}));
    let log = capture();
    let task = tokio::spawn(parent(true));
    until(&log, 3).await;
    task.abort();
    until(&log, 6).await;
    assert_tells(
        &log,
        [
            ("parent", Invoke, Debug, json!({})),
            ("child", Invoke, Debug, json!({"tag": "a"})),
            ("child", Invoke, Debug, json!({"tag": "b"})),
            ("parent", Cancelled, Info, dropped()),
            ("child", Cancelled, Info, cancelled("a")),
            ("child", Cancelled, Info, cancelled("b")),
        ],
    );

    log.clear();
    let task = tokio::spawn(parent(false));
    until(&log, 3).await;
    task.abort();
    until(&log, 6).await;
    assert_tells(
        &log,
        [
            ("parent", Invoke, Debug, json!({})),
            ("child", Invoke, Debug, json!({"tag": "a"})),
            ("child", Invoke, Debug, json!({"tag": "b"})),
            ("child", Cancelled, Info, inside(cancelled("a"), "parent")),
            ("child", Cancelled, Info, inside(cancelled("b"), "parent")),
            ("parent", Cancelled, Debug, dropped_with("child#2")),
        ],
    );
}

/// The parent's record names the operation that told the error.
#[tokio::test]
async fn gather_child_failure() {
    #[operation]
    async fn parent(released: oneshot::Receiver<()>) -> Result<(), ValueError> {
        let slow = tokio::spawn(slow_until(released).in_current_span());
        tokio::spawn(bad().in_current_span()).await.unwrap()?;
        slow.await.unwrap();
        Ok(())
    }
    let log = capture();
    let (release, released) = oneshot::channel();
    parent(released).await.unwrap_err();
    let done = log.lines().len();
    release.send(()).unwrap();
    until(&log, 6).await;
    assert_golden!("cancellation/gather_child_failure", log, so_far[done]);
}

/// The parent has a terminal record too: the error that it passes on counts as the same cancellation.
#[tokio::test]
async fn gather_child_cancels_itself() {
    #[operation(errors = |_: &CancelledError| ErrorClass::Cancelled)]
    async fn parent(released: oneshot::Receiver<()>) -> Result<(), CancelledError> {
        let slow = tokio::spawn(slow_until(released).in_current_span());
        tokio::spawn(stops_itself().in_current_span()).await.unwrap()?;
        slow.await.unwrap();
        Ok(())
    }
    let log = capture();
    let (release, released) = oneshot::channel();
    parent(released).await.unwrap_err();
    assert_eq!(log.lines().len(), 5);
    release.send(()).unwrap();
    until(&log, 6).await;
    let stopped = stopped("CancelledError", "stop");
    assert_tells(
        &log,
        [
            ("parent", Invoke, Debug, json!({})),
            ("slow", Invoke, Debug, json!({})),
            ("stopped", Invoke, Debug, json!({})),
            ("stopped", Cancelled, Info, stopped.clone()),
            ("parent", Cancelled, Debug, with(stopped, json!({"cancelled_by": "stopped"}))),
            ("slow", Success, Debug, json!({})),
        ],
    );
}

#[tokio::test]
async fn gather_collecting_errors() {
    #[operation]
    async fn bad() -> Result<(), ValueError> {
        Err(ValueError("boom"))
    }
    #[operation]
    async fn parent() {
        let (bad, stopped) = tokio::join!(biased; bad(), stops_itself());
        assert!(bad.is_err() && stopped.is_err());
    }
    let log = capture();
    parent().await;
    assert_golden!("cancellation/gather_collecting_errors", log);
}
