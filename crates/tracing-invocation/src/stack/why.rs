//! Why something was dropped, read off the stack on which it was.
//!
//! The rule that decides most: what a function awaits keeps it where it is. So if a function that first polled an operation
//! at some place later drops it at that very place, then what it awaited there came to an end without the operation. What
//! that was stands on the stack of the first poll, between the function and the operation: a `Timeout`, a `select!`.
//! No name of a drop glue is relied on: of two glues that are the same the compiler keeps one.

use super::frames::{Frame, Whose};
use crate::convention::cause;

/// Why an operation was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Timeout,
    Select,
    SiblingFailed,
    Aborted,
    TaskSetDropped,
    RuntimeShutdown,
    Parent,
    Unwinding,
    TokenCancelled,
    Shutdown,
    Dropped,
    Unspecified,
}

impl Cause {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => cause::TIMEOUT,
            Self::Select => cause::SELECT,
            Self::SiblingFailed => cause::SIBLING_FAILED,
            Self::Aborted => cause::ABORTED,
            Self::TaskSetDropped => cause::TASK_SET_DROPPED,
            Self::RuntimeShutdown => cause::RUNTIME_SHUTDOWN,
            Self::Parent => cause::PARENT,
            Self::Unwinding => cause::UNWINDING,
            Self::TokenCancelled => cause::TOKEN_CANCELLED,
            Self::Shutdown => cause::SHUTDOWN,
            Self::Dropped => cause::DROPPED,
            Self::Unspecified => cause::UNSPECIFIED,
        }
    }
}

/// What a stack says of a drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) cause: Cause,
    /// The nearest place in the program's own code.
    pub(crate) dropped_at: Option<String>,
    /// Whether a span that is entered was being dropped around it.
    pub(crate) in_span: bool,
}

/// Why what is inside `dropped`, a stack, is dropped; `polled` is the stack on which it was first polled.
pub(crate) fn read(dropped: &[Frame], polled: Option<&[Frame]>) -> Read {
    let mut in_span = false;
    let mut in_set = false;
    let passes = |frame: &&Frame| {
        let is_set = frame.is_in("futures_util::stream::futures_unordered");
        in_set |= is_set;
        in_span |= frame.is_in("tracing::instrument") && frame.is_drop();
        let is_glue = frame.is_drop_glue() || frame.whose == Whose::Between;
        is_glue || is_set || (frame.whose == Whose::Library && frame.is_drop())
    };
    let inside = dropped.iter().take_while(passes).count();
    let rest = &dropped[inside..];
    let cause = match of_dropper(rest, polled) {
        Cause::Dropped | Cause::Unspecified if in_set => Cause::TaskSetDropped,
        cause => cause,
    };
    Read { cause, dropped_at: dropped_at(rest, cause), in_span }
}

/// Why the innermost of these, which is not a glue, drops it.
fn of_dropper(rest: &[Frame], polled: Option<&[Frame]>) -> Cause {
    let Some(dropper) = rest.first() else {
        return Cause::Unspecified;
    };
    if dropper.is_in("tokio") {
        return of_tokio(rest, polled);
    }
    if dropper.is_in("futures_util::future::try_join_all") && dropper.base() == "poll" {
        return Cause::SiblingFailed;
    }
    if dropper.is_in("tokio_util::sync::cancellation_token") {
        return Cause::TokenCancelled;
    }
    let at = polled
        .and_then(|polled| Some((polled, polled.iter().position(|at| at.is_where(dropper))?)));
    match at {
        Some((polled, at)) => awaited(&polled[..at]),
        // Of a place that is not known it cannot be said that it is another.
        None if dropper.is_users() && dropper.line != 0 && polled.is_some() => Cause::Dropped,
        None => Cause::Unspecified,
    }
}

/// Why a runtime drops a task.
fn of_tokio(rest: &[Frame], polled: Option<&[Frame]>) -> Cause {
    let runtime =
        rest.iter().take_while(|frame| frame.is_in("tokio") || frame.whose == Whose::Between);
    let runtime: Vec<_> = runtime.filter(|frame| frame.whose == Whose::Library).collect();
    let has = |name: &str| runtime.iter().any(|frame| frame.base() == name);
    if runtime.iter().any(|frame| frame.base() == "close_and_shutdown_all") {
        let is_local = runtime.iter().any(|frame| frame.is_in("tokio::task::local"));
        return if is_local { Cause::TaskSetDropped } else { Cause::RuntimeShutdown };
    }
    if has("cancel_task") && has("poll_inner") {
        return Cause::Aborted;
    }
    // The task itself came to an end, so what it is came to one without the operation.
    let is_end = runtime.first().is_some_and(|frame| frame.is_in("tokio::runtime::task::core"));
    if is_end && has("poll") && has("poll_future") {
        let polled = polled.unwrap_or_default();
        let task = polled.iter().position(|frame| frame.is_in("tokio::runtime::task::core"));
        return task.map_or(Cause::Unspecified, |task| awaited(&polled[..task]));
    }
    Cause::Unspecified
}

/// Modules whose futures come to an end without what is inside.
const ENDING: [(&str, Cause); 18] = [
    ("tokio::time::timeout", Cause::Timeout),
    ("tower::timeout", Cause::Timeout),
    ("tower_http::timeout", Cause::Timeout),
    ("tokio::macros::select", Cause::Select),
    ("futures_util::future::select", Cause::Select),
    ("futures_util::future::select_all", Cause::Select),
    ("futures_util::future::select_ok", Cause::Select),
    ("futures_util::future::try_select", Cause::Select),
    ("futures_util::async_await::select_mod", Cause::Select),
    ("tokio::macros::try_join", Cause::SiblingFailed),
    ("futures_util::async_await::join_mod", Cause::SiblingFailed),
    ("futures_util::future::try_join", Cause::SiblingFailed),
    ("futures_util::future::try_join_all", Cause::SiblingFailed),
    ("futures_concurrency::future::try_join", Cause::SiblingFailed),
    ("futures_concurrency::future::race", Cause::Select),
    ("futures_util::abortable", Cause::Aborted),
    ("tokio_util::sync::cancellation_token", Cause::TokenCancelled),
    ("tokio_util::future::with_cancellation_token", Cause::TokenCancelled),
];

/// Modules whose futures end with what is inside.
const PASSING: [&str; 6] = [
    "tokio::task::coop",
    "tokio::future::maybe_done",
    "futures_util::future::future",
    "futures_util::future::poll_fn",
    "futures_util::future::maybe_done",
    "futures_core::future",
];

/// What came to an end without the operation that was polled by it: the outermost of these.
fn awaited(inside: &[Frame]) -> Cause {
    let passes = |frame: &&Frame| {
        frame.whose == Whose::Between || PASSING.iter().any(|module| frame.is_in(module))
    };
    let Some(awaited) = inside.iter().rev().find(|frame| !passes(frame)) else {
        return Cause::Unspecified;
    };
    let known = ENDING.iter().find(|(module, _)| awaited.is_in(module));
    known
        .filter(|_| awaited.whose == Whose::Library)
        .map_or(Cause::Unspecified, |(_, cause)| *cause)
}

/// The nearest place in the program's own code, not beyond what runs a task: what is there began it long ago.
fn dropped_at(rest: &[Frame], cause: Cause) -> Option<String> {
    let is_shutdown = matches!(cause, Cause::RuntimeShutdown | Cause::TaskSetDropped);
    if !is_shutdown && rest.first()?.is_in("tokio::runtime") {
        return None;
    }
    let is_runner = |frame: &Frame| {
        let is_tokio = frame.is_in("tokio::runtime")
            && matches!(
                frame.base(),
                "block_on" | "poll" | "poll_future" | "poll_inner" | "run_task"
            );
        is_tokio
            || frame.is_in("async_task")
            || frame.is_in("async_executor")
            || frame.is_in("futures_executor")
    };
    rest.iter().take_while(|frame| !is_runner(frame)).find(|frame| frame.is_users())?.place()
}
