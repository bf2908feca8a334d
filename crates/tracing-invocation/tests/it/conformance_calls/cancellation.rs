//! Cancelled operations: told in full by the innermost, and by the operations around it as its consequence.

mod groups;
mod tasks;

use std::fmt;
use std::future::pending;
use std::time::Duration;

use serde_json::{Map, json};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Span;
use tracing_invocation::Level::{Debug, Info};
use tracing_invocation::Outcome::{self, Cancelled, Invoke};
use tracing_invocation::{ErrorClass, operation};

use super::{
    CancelledError, ValueError, assert_tells, capture_with, dropped, dropped_with, inside, with,
};
use crate::golden::assert_golden;
use crate::support::{capture, poll_once};

const DEADLINE: Duration = Duration::from_millis(10);

#[operation]
async fn run() {
    pending().await
}

#[operation]
async fn inner() {
    pending().await
}

#[operation]
async fn slow() {
    pending().await
}

/// A program's own error of a deadline, without a text.
#[derive(Debug)]
struct TimeoutError;

impl fmt::Display for TimeoutError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for TimeoutError {}

/// Polls a call until it waits, and drops it.
fn cancel(call: impl Future) {
    assert!(poll_once(Box::pin(call).as_mut()).is_pending());
}

/// A drop carries no message; what is told why it ends says so by an error that counts as a cancellation.
#[tokio::test]
async fn by_task_cancel_with_message() {
    #[operation("run", errors = |_: &CancelledError| ErrorClass::Cancelled)]
    async fn run_until(told: oneshot::Receiver<&'static str>) -> Result<(), CancelledError> {
        Err(CancelledError(told.await.unwrap()))
    }
    let log = capture();
    let (tell, told) = oneshot::channel();
    let (ended, ()) =
        tokio::join!(biased; run_until(told), async { tell.send("shutting down").unwrap() });
    assert_eq!(ended.unwrap_err().0, "shutting down");
    assert_golden!("cancellation/by_task_cancel_with_message", log);
}

/// The outer operations have a terminal record, which names the one that told the cancellation.
#[test]
fn three_levels_one_task() {
    #[operation]
    async fn middle() {
        inner().await
    }
    #[operation]
    async fn outer() {
        middle().await
    }
    let log = capture();
    cancel(outer());
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

#[test]
fn outer_waiting_outside_inner() {
    #[operation]
    async fn inner() {}
    #[operation]
    async fn outer() {
        inner().await;
        pending().await
    }
    let log = capture();
    cancel(outer());
    assert_golden!("cancellation/outer_waiting_outside_inner", log);
}

#[tokio::test(start_paused = true)]
async fn timeout_around_operation() {
    let log = capture();
    timeout(DEADLINE, run()).await.unwrap_err();
    assert_golden!("cancellation/timeout_around_operation", log);
}

#[tokio::test(start_paused = true)]
async fn timeout_inside_outer_operation() {
    #[operation]
    async fn outer() -> Result<(), TimeoutError> {
        timeout(DEADLINE, inner()).await.map_err(|_| TimeoutError)
    }
    let log = capture();
    outer().await.unwrap_err();
    assert_golden!("cancellation/timeout_inside_outer_operation", log);
}

#[tokio::test(start_paused = true)]
async fn timeout_block_inside_outer_operation() {
    #[operation]
    async fn outer() -> Result<(), TimeoutError> {
        let block = async {
            inner().await;
        };
        timeout_at(Instant::now() + DEADLINE, block).await.map_err(|_| TimeoutError)
    }
    let log = capture();
    outer().await.unwrap_err();
    assert_golden!("cancellation/timeout_block_inside_outer_operation", log);
}

#[tokio::test(start_paused = true)]
async fn deadline_retry_then_success() {
    #[operation(fields(number))]
    async fn attempt(number: u8) -> &'static str {
        if number < 3 { pending().await } else { "data" }
    }
    #[operation(result)]
    async fn fetch() -> Option<&'static str> {
        for number in 1..=3 {
            if let Ok(data) = timeout(DEADLINE, attempt(number)).await {
                return Some(data);
            }
        }
        None
    }
    let log = capture();
    assert_eq!(fetch().await, Some("data"));
    assert_golden!("cancellation/deadline_retry_then_success", log);
}

#[tokio::test(start_paused = true)]
async fn inner_timed_out_then_outer_cancelled() {
    #[operation]
    async fn outer() {
        timeout(DEADLINE, inner()).await.unwrap_err();
        pending().await
    }
    let log = capture();
    timeout(2 * DEADLINE, outer()).await.unwrap_err();
    assert_golden!("cancellation/inner_timed_out_then_outer_cancelled", log);
}

/// A drop is synchronous, and so is what cleans up during it.
#[test]
fn cleanup_operation_runs_first() {
    struct CleanUp;
    impl Drop for CleanUp {
        fn drop(&mut self) {
            #[operation]
            fn cleanup() {}
            cleanup();
        }
    }
    #[operation]
    async fn run() {
        let _clean_up = CleanUp;
        pending().await
    }
    let log = capture();
    cancel(run());
    assert_golden!("cancellation/cleanup_operation_runs_first", log);
}

/// What a dropped body may still borrow is not read anew: the record has the last value that the body made known.
#[test]
fn state_at_cancellation() {
    struct Worker {
        phase: &'static str,
    }
    impl Worker {
        #[operation(live(phase = self.phase))]
        async fn run(&mut self, makes_known: bool) {
            self.phase = "working";
            if makes_known {
                Span::current().record("phase", self.phase);
            }
            pending().await
        }
    }
    let log = capture();
    cancel(Worker { phase: "idle" }.run(true));
    assert_golden!("cancellation/state_at_cancellation", log);

    log.clear();
    cancel(Worker { phase: "idle" }.run(false));
    assert_tells(
        &log,
        [
            ("run", Invoke, Debug, json!({"phase": "idle"})),
            ("run", Cancelled, Info, with(dropped(), json!({"phase": "idle"}))),
        ],
    );
}

/// The formatter belongs to the layer, where the original gives one to an operation.
#[test]
fn formatter_using_system_keys() {
    let (log, _guard) = capture_with(|layer| {
        layer.with_context_formatter(|fields| {
            let notes = [("cancelled", "mine"), ("note", "x")];
            let notes = notes.map(|(name, value)| (name.to_owned(), json!(value)));
            (fields.event_outcome == Outcome::Cancelled).then(|| Map::from_iter(notes))
        })
    });
    cancel(run());
    assert_golden!("cancellation/formatter_using_system_keys", log);
}

#[test]
fn custom_level() {
    #[operation(levels(cancelled = "warn"))]
    async fn run() {
        pending().await
    }
    let log = capture();
    cancel(run());
    assert_golden!("cancellation/custom_level", log);
}

#[test]
fn error_rules_do_not_apply() {
    #[operation(errors = |_: &CancelledError| ErrorClass::Cancelled)]
    async fn run() -> Result<(), CancelledError> {
        Err(CancelledError("stop"))
    }
    let (log, _guard) =
        capture_with(|layer| layer.with_error_class(|_: &CancelledError| ErrorClass::Suppressed));
    let _ = poll_once(Box::pin(run()).as_mut());
    assert_golden!("cancellation/error_rules_do_not_apply", log);
}

#[test]
fn cancelled_after_error_was_logged() {
    #[operation]
    async fn inner() -> Result<(), ValueError> {
        Err(ValueError("boom"))
    }
    #[operation]
    async fn outer() {
        inner().await.unwrap_err();
        pending().await
    }
    let log = capture();
    cancel(outer());
    assert_golden!("cancellation/cancelled_after_error_was_logged", log);
}
