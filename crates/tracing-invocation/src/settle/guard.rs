//! A guard that is an operation, for code that neither is one function nor one future.

use std::error::Error;

use tracing::Span;

use super::handover::{self, Number, in_span_aside};
use super::verdict::Verdict;
use crate::operation::Ending;
use crate::panic_note::Unwinding;

/// Begins the operation of `span`, which ends with the guard.
///
/// ```
/// use tracing_invocation::{Outcome, begin, testing};
///
/// let log = testing::capture();
/// let upload = begin(tracing::info_span!("upload"));
/// log.assert_last("upload").is_open();
///
/// upload.complete();
/// log.assert_last("upload").ended(Outcome::Success);
/// ```
pub fn begin(span: Span) -> OperationGuard {
    let number = Number::of(&span);
    let _ = in_span_aside(&span, number, || ((), None));
    OperationGuard::resumed(span, number)
}

/// An operation that lasts as long as this guard: for callbacks, state machines, synchronous code.
///
/// Dropped without [`complete`](Self::complete), [`fail`](Self::fail) or [`end`](Self::end) it is `cancelled`; dropped
/// by a panic that unwinds, `failed` with the message of the last panic that began on this thread while the guard lived;
/// that of a panic that began before and goes on (`resume_unwind`) is not known. A guard that a destructor begins and drops
/// during one and the same panic is `cancelled`: that panic did not unwind over it.
#[derive(Debug)]
#[must_use = "the operation ends when this is dropped"]
pub struct OperationGuard {
    span: Span,
    number: Number,
    /// Which panic unwound the thread that it began on.
    began: Unwinding,
    ended: bool,
}

impl OperationGuard {
    /// The operation's span, to enter around the work.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Ends the operation as `success`.
    pub fn complete(self) {
        self.end(Verdict::success());
    }

    /// Ends the operation as `failed`.
    pub fn fail<E: Error + 'static>(mut self, error: &E) {
        // Inside the span, so that the error is written by the rules of the layers that are there now.
        self.settle(|| Verdict::failed(error).into_ending());
    }

    /// Ends the operation.
    pub fn end(mut self, verdict: Verdict) {
        self.settle(|| verdict.into_ending());
    }

    /// A guard for an operation that the wrapper with this number began, and leaves to whoever has the guard.
    pub(crate) fn resumed(span: Span, number: Number) -> Self {
        Self { span, number, began: Unwinding::now(), ended: false }
    }

    fn settle(&mut self, ending: impl FnOnce() -> Option<Ending>) {
        self.ended = true;
        let settled = in_span_aside(&self.span, self.number, || ((), ending()));
        settled.unwrap_or_else(|caught| caught.resume());
    }
}

impl Drop for OperationGuard {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let began = self.began;
        self.settle(|| {
            Some(if began.is_other_now() {
                Ending::panicked(&began.words_since(), &handover::rules())
            } else {
                Ending::CANCELLED
            })
        });
    }
}
