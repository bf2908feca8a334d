//! A stream that is an operation.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;
use tracing::Span;

use super::handover::{self, Number, dropping, in_span, in_span_aside, noted};
use crate::operation::{Ending, How};
use crate::panic_note::Caught;
use crate::stack::Noting;

/// Makes any stream an operation.
pub trait StreamExt: Stream + Sized {
    /// This stream as the operation of `span`: `success` at its end, `cancelled` when it is dropped before.
    ///
    /// Its terminal record says in `item_count` how many items it gave. A stream that is never polled records nothing.
    fn operation_stream(self, span: Span) -> OperationStream<Self> {
        let (stream, number) = (Some(self), Number::of(&span));
        OperationStream { stream, span, number, items: 0, polled: false, noting: None }
    }
}

impl<S: Stream> StreamExt for S {}

pin_project! {
    /// A stream that is an operation; made by [`StreamExt`].
    #[must_use = "streams do nothing unless polled"]
    pub struct OperationStream<S> {
        // Gone once it ended, and dropped inside the span.
        #[pin]
        stream: Option<S>,
        span: Span,
        number: Number,
        items: u64,
        polled: bool,
        noting: Option<Arc<Noting>>,
    }

    impl<S> PinnedDrop for OperationStream<S> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !*this.polled || this.stream.is_none() {
                return;
            }
            let ending = Ending { items: Some(*this.items), ..Ending::CANCELLED };
            let number = *this.number;
            let dropped = in_span_aside(this.span, number, || {
                dropping(number, || this.stream.set(None));
                ((), Some(ending))
            });
            dropped.unwrap_or_else(|caught| caught.resume());
        }
    }
}

impl<S: Stream> Stream for OperationStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        let Some(stream) = this.stream.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        *this.polled = true;
        let (items, noting, number) = (this.items, this.noting, *this.number);
        let polled = in_span(this.span, number, None, || {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                noted(number, noting, context, |context| stream.poll_next(context))
            }));
            let (polled, how) = match polled {
                Ok(Poll::Ready(None)) => (Ok(Poll::Ready(None)), Some(How::Success(None))),
                Ok(polled) => {
                    *items += u64::from(polled.is_ready());
                    (Ok(polled), None)
                }
                Err(payload) => {
                    let caught = Caught::new(payload);
                    let how = Ending::panicked(caught.words(), &handover::rules()).how;
                    (Err(caught), Some(how))
                }
            };
            (polled, how.map(|how| Ending { items: Some(*items), ..Ending::new(how) }))
        });
        let polled = polled.and_then(|polled| polled);
        if let Ok(Poll::Ready(None)) = polled {
            this.stream.set(None);
        }
        polled.unwrap_or_else(|caught| caught.resume())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

impl<S> fmt::Debug for OperationStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("OperationStream");
        debug.field("span", &self.span).field("items", &self.items).finish_non_exhaustive()
    }
}
