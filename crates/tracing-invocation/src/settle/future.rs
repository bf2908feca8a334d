//! A future that is an operation.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

use super::handover::{Number, dropping, in_span, in_span_aside, noted};
use super::verdict::Verdict;
use crate::operation::Ending;
use crate::payload::text::quietly;
use crate::record::OwnLevels;
use crate::stack::Noting;

/// Makes any future an operation.
pub trait FutureExt: Future + Sized {
    /// This future as the operation of `span`, which succeeds when it completes.
    ///
    /// Dropped while pending it is `cancelled`, at that moment, and its value or panic passes through untouched. A
    /// future that is never polled records nothing.
    ///
    /// ```
    /// use tracing_invocation::{FutureExt as _, Outcome, testing};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let log = testing::capture();
    /// async {}.operation(tracing::info_span!("tick")).await;
    ///
    /// log.assert_last("tick").ended(Outcome::Success);
    /// # }
    /// ```
    fn operation(self, span: Span) -> OperationFuture<Self, fn(&Self::Output) -> Verdict> {
        self.operation_judged(span, |_| Verdict::success())
    }

    /// As [`operation`](Self::operation), and failed when it completes with an error.
    fn try_operation<T, E>(self, span: Span) -> OperationFuture<Self, fn(&Self::Output) -> Verdict>
    where
        Self: Future<Output = Result<T, E>>,
        E: Error + 'static,
    {
        self.operation_judged(span, Verdict::of)
    }

    /// As [`operation`](Self::operation), and ended as `judge` says when it completes.
    ///
    /// A judge that panics has no say: the operation succeeded.
    fn operation_judged<J>(self, span: Span, judge: J) -> OperationFuture<Self, J>
    where
        J: FnOnce(&Self::Output) -> Verdict,
    {
        OperationFuture::new(self, span, None, judge)
    }
}

impl<F: Future> FutureExt for F {}

pin_project! {
    /// A future that is an operation; made by [`FutureExt`].
    #[must_use = "futures do nothing unless polled"]
    pub struct OperationFuture<F, J> {
        // Gone once it completed, and dropped inside the span.
        #[pin]
        future: Option<F>,
        judge: Option<J>,
        span: Span,
        number: Number,
        levels: Option<&'static OwnLevels>,
        polled: bool,
        noting: Option<Arc<Noting>>,
    }

    impl<F, J> PinnedDrop for OperationFuture<F, J> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !*this.polled || this.future.is_none() {
                return;
            }
            let number = *this.number;
            let dropped = in_span_aside(this.span, number, || {
                dropping(number, || this.future.set(None));
                // What has completed or panicked was settled then, and keeps that end.
                ((), Some(Ending::CANCELLED))
            });
            dropped.unwrap_or_else(|caught| caught.resume());
        }
    }
}

impl<F, J> OperationFuture<F, J> {
    pub(crate) fn new(future: F, span: Span, levels: Option<&'static OwnLevels>, judge: J) -> Self {
        let number = Number::of(&span);
        Self::numbered(future, span, number, levels, judge)
    }

    /// A future whose operation does not end with it: whoever has the number ends it.
    pub(crate) fn numbered(
        future: F,
        span: Span,
        number: Number,
        levels: Option<&'static OwnLevels>,
        judge: J,
    ) -> Self {
        let (future, judge) = (Some(future), Some(judge));
        Self { future, judge, span, number, levels, polled: false, noting: None }
    }

    /// The operation's span.
    pub fn span(&self) -> &Span {
        &self.span
    }
}

impl<F, J> Future for OperationFuture<F, J>
where
    F: Future,
    J: FnOnce(&F::Output) -> Verdict,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        assert!(this.future.is_some(), "an operation was polled after it completed");
        *this.polled = true;
        if this.span.is_disabled()
            && let Some(future) = this.future.as_mut().as_pin_mut()
        {
            let _inside = this.span.enter();
            let polled = future.poll(context);
            if polled.is_ready() {
                this.future.set(None);
            }
            return polled;
        }
        let number = *this.number;
        let polled = in_span(this.span, number, *this.levels, || {
            let Some(future) = this.future.as_mut().as_pin_mut() else {
                return (Poll::Pending, None);
            };
            match noted(number, this.noting, context, |context| future.poll(context)) {
                Poll::Pending => (Poll::Pending, None),
                Poll::Ready(output) => {
                    let judged = this.judge.take().and_then(|judge| quietly(|| judge(&output)));
                    let ending = judged.map_or(Some(Ending::SUCCESS), Verdict::into_ending);
                    this.future.set(None);
                    (Poll::Ready(output), ending)
                }
            }
        });
        polled.unwrap_or_else(|caught| caught.resume())
    }
}

impl<F, J> fmt::Debug for OperationFuture<F, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationFuture").field("span", &self.span).finish_non_exhaustive()
    }
}
