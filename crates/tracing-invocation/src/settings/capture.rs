//! What is found out about an operation beyond how it ended.

use std::time::Duration;

use crate::stack::{noting, symbols};

/// What is found out about operations beyond how they ended. Nothing by default: each of these costs something, at every
/// poll or at every cancellation.
///
/// ```
/// use tracing_invocation::{Capture, layer};
///
/// let layer = layer().with_capture(Capture::none().with_cause().with_awaiting());
/// # drop(layer);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "nothing is captured until settings have it"]
pub struct Capture {
    pub(crate) cause: bool,
    pub(crate) awaiting: bool,
    pub(crate) progress: bool,
    pub(crate) slow_poll: Option<Duration>,
    pub(crate) patience: Duration,
}

impl Capture {
    /// Nothing.
    pub const fn none() -> Self {
        Self {
            cause: false,
            awaiting: false,
            progress: false,
            slow_poll: None,
            patience: Duration::from_millis(100),
        }
    }

    /// Why an operation was cancelled, read off the stacks on which it was first polled and on which it is dropped:
    /// `cancellation.cause` and `cancellation.dropped_at`. Walking up a stack costs some microseconds, once for each
    /// operation and once more for each cancellation.
    pub const fn with_cause(self) -> Self {
        Self { cause: true, ..self }
    }

    /// Where a future was waiting when it was cancelled, read off the stack on which it last registered to be woken:
    /// `cancellation.awaiting`. For wrapped futures, and `#[operation]`.
    pub const fn with_awaiting(self) -> Self {
        Self { awaiting: true, ..self }
    }

    /// Whether stacks are to be read.
    pub(crate) const fn reads_stacks(self) -> bool {
        self.cause || self.awaiting
    }

    /// Has done what takes time before anything can be captured.
    pub(crate) fn prepare(self) {
        if self.reads_stacks() {
            symbols::start();
        }
        if self.awaiting {
            noting::want();
        }
    }

    /// How far an operation got: `progress`, on its terminal record. How often it ran, and for how long; since when it did
    /// not; which operation inside it ended last, and which along with it.
    ///
    /// It costs two readings of the clock for each time that the span is entered.
    ///
    /// ```
    /// use tracing_invocation::{Capture, operation, testing};
    /// use tracing_subscriber::prelude::*;
    ///
    /// #[operation]
    /// async fn deliver() {
    ///     ask().await;
    ///     std::future::pending().await
    /// }
    ///
    /// #[operation]
    /// async fn ask() {}
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let log = testing::Log::new();
    /// let layer = log.layer().with_capture(Capture::none().with_progress());
    /// let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    /// let deadline = std::time::Duration::from_secs(1);
    /// tokio::time::timeout(deadline, deliver()).await.unwrap_err();
    ///
    /// let delivered = log.assert_last("deliver");
    /// delivered
    ///     .with_payload("/progress/polls", 2)
    ///     .with_payload("/progress/last_child/name", "ask")
    ///     .with_payload("/progress/last_child/outcome", "success");
    /// # }
    /// ```
    pub const fn with_progress(self) -> Self {
        Self { progress: true, ..self }
    }

    /// A record of its own, `slow`, of each poll, or stay inside the span, that takes longer than this: it kept a thread of
    /// the executor from everything else. It is written when that ends; in front of the terminal record, where the operation
    /// ends with it.
    pub const fn with_slow_poll(self, limit: Duration) -> Self {
        Self { slow_poll: Some(limit), ..self }
    }

    /// How long a record waits for the names of the functions on a stack, where that stack was never seen before: 100 ms
    /// by default. They are looked up on a thread of its own; where they come later than this, the record is without them.
    pub const fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}

impl Default for Capture {
    fn default() -> Self {
        Self::none()
    }
}
