//! Futures that end others, and say why.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
#[cfg(feature = "tokio")]
use std::time::Duration;

use pin_project_lite::pin_project;

use super::reason::{Around, around};
use crate::stack::Cause;

/// The value of `future`, or `None` where `shutdown` completes first: then the future is dropped, and what that cancels is
/// cancelled by `shutdown`.
///
/// `shutdown` is polled first. The future is dropped at the moment itself, not with this one.
///
/// ```
/// use std::future::{pending, ready};
/// use tracing_invocation::{FutureExt as _, testing, until_shutdown};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let log = testing::capture();
/// let signal = Box::pin(tokio::task::yield_now());
/// let serve = pending::<()>().operation(tracing::info_span!("serve"));
/// assert!(until_shutdown(signal, serve).await.is_none());
///
/// log.assert_last("serve").with_payload("/cancellation/cause", "shutdown");
/// # }
/// ```
pub fn until_shutdown<S, F>(shutdown: S, future: F) -> Until<S, F>
where
    S: Future,
    F: Future,
{
    Until { signal: shutdown, future: Some(future), cause: Cause::Shutdown }
}

/// As [`CancellationToken::run_until_cancelled`](tokio_util::sync::CancellationToken::run_until_cancelled), and what that
/// cancels is cancelled by `token_cancelled`.
///
/// The future is dropped at the moment itself, not with this one.
#[cfg(feature = "tokio-util")]
pub fn until_cancelled<F: Future>(
    token: &tokio_util::sync::CancellationToken,
    future: F,
) -> Until<tokio_util::sync::WaitForCancellationFutureOwned, F> {
    let signal = token.clone().cancelled_owned();
    Until { signal, future: Some(future), cause: Cause::TokenCancelled }
}

/// As [`tokio::time::timeout`], and what the timeout cancels is cancelled by `timeout`.
///
/// The future is dropped at the moment itself, not with this one.
///
/// ```
/// use std::{future::pending, time::Duration};
/// use tracing_invocation::{FutureExt as _, testing, timeout};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let log = testing::capture();
/// let fetch = pending::<()>().operation(tracing::info_span!("fetch"));
/// assert!(timeout(Duration::from_secs(1), fetch).await.is_err());
///
/// log.assert_last("fetch").with_payload("/cancellation/cause", "timeout");
/// # }
/// ```
#[cfg(feature = "tokio")]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout { inside: Some(tokio::time::timeout(duration, future.into_future())) }
}

pin_project! {
    /// A future that ends another one at a signal; made by [`until_shutdown`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Until<S, F> {
        #[pin]
        signal: S,
        // Gone once it completed, or was cancelled.
        #[pin]
        future: Option<F>,
        cause: Cause,
    }
}

impl<S: Future, F: Future> Future for Until<S, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        if this.signal.poll(context).is_ready() {
            around(Around::Said(*this.cause, None), || this.future.set(None));
            return Poll::Ready(None);
        }
        let polled = future.poll(context);
        if polled.is_ready() {
            this.future.set(None);
        }
        polled.map(Some)
    }
}

impl<S, F> fmt::Debug for Until<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Until").field("cause", &self.cause).finish_non_exhaustive()
    }
}

#[cfg(feature = "tokio")]
pin_project! {
    /// A future that has so much time; made by [`timeout`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Timeout<F> {
        // Gone once it completed, or time ran out.
        #[pin]
        inside: Option<tokio::time::Timeout<F>>,
    }
}

#[cfg(feature = "tokio")]
impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, tokio::time::error::Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        assert!(this.inside.is_some(), "a timeout was polled after it completed");
        let Some(inside) = this.inside.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let polled = inside.poll(context);
        match polled {
            Poll::Pending => {}
            Poll::Ready(Ok(_)) => this.inside.set(None),
            Poll::Ready(Err(_)) => {
                around(Around::Said(Cause::Timeout, None), || this.inside.set(None));
            }
        }
        polled
    }
}

#[cfg(feature = "tokio")]
impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").finish_non_exhaustive()
    }
}
