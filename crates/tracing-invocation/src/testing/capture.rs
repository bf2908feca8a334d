//! Begins and ends captures, and has them follow other threads.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Log;
use super::router::{self, Recorder};
use super::runtime::Runtime;

/// Captures the operations of this test, until the answer is dropped.
///
/// Takes what happens on this thread, and what is known to come from it: see [which operations](super#which-operations-are-captured).
/// Captures may be nested and dropped in any order; the innermost one that is active takes what happens.
#[must_use = "capturing ends when this is dropped"]
pub fn capture() -> Capture {
    let log = Log::new();
    if !router::install_globally() {
        log.missed.hears_only_this_thread();
    }
    Capture::on_this_thread(log)
}

/// As [`capture`], and leaves the global default subscriber of the process alone.
///
/// For tests of programs that set one themselves: see [above](super#beside-subscribers-of-the-program). Where this is
/// the only way in which a process captures, an operation that begins on another thread is captured only where
/// [`Capture::follow`] or [`Capture::follow_thread`] runs it.
#[must_use = "capturing ends when this is dropped"]
pub fn capture_thread() -> Capture {
    Capture::on_this_thread(Log::new())
}

/// Captures everything that happens in the process, until the answer is dropped.
///
/// Other captures take theirs as well, and there may be any number: each global one has everything since it began. So where
/// tests run in parallel in one process, it has the records of other tests, too. What a thread does with another
/// subscriber (`with_default`) is not captured.
///
/// # Panics
///
/// If the program has set a global subscriber itself: a test that captured nothing would prove nothing. Compose
/// [`Log::layer`] into that subscriber instead.
#[must_use = "capturing ends when this is dropped"]
#[track_caller]
pub fn capture_globally() -> Capture {
    let log = Log::new();
    assert!(
        router::install_globally(),
        "the program has set a global subscriber before: compose `Log::layer()` into it instead of calling `capture_globally`"
    );
    let recorder = Recorder::begin(log.layer(), Arc::clone(&log.missed), true);
    Capture { log, recorder, scope: None }
}

/// What was recorded since [`capture`] was called. Reads as a [`Log`].
///
/// Dropping it ends the capture: new operations are not captured, and those that began are recorded to their end, into any
/// clone of the log. It may be moved to another thread, and still captures the thread that made it. If it is dropped on
/// another thread, and the one that made it had a subscriber of its own before (`with_default`), that subscriber comes back
/// at the next capture there, not at once.
pub struct Capture {
    log: Log,
    recorder: Arc<Recorder>,
    /// The place of a capture of one thread among the scopes of this thread.
    scope: Option<u64>,
}

impl Capture {
    fn on_this_thread(log: Log) -> Self {
        let recorder = Recorder::begin(log.layer(), Arc::clone(&log.missed), false);
        if let Some(runtime) = Runtime::current() {
            recorder.follow(runtime);
        }
        let scope = Some(router::enter(&recorder));
        Self { log, recorder, scope }
    }

    /// Wraps a future so that what it does is captured, on whatever thread it is polled or dropped.
    ///
    /// ```
    /// use tracing_invocation::{FutureExt as _, Outcome, testing};
    ///
    /// let log = testing::capture();
    /// // Built after the capture: nothing says that it belongs to this test.
    /// let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    /// let tick = log.follow(async { async {}.operation(tracing::info_span!("tick")).await });
    /// runtime.block_on(async { tokio::spawn(tick).await })?;
    ///
    /// log.assert_last("tick").ended(Outcome::Success);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follow<F: Future>(&self, future: F) -> Follow<F> {
        Follow { future: Some(future), recorder: Arc::clone(&self.recorder) }
    }

    /// Wraps a function so that what it does is captured, on whatever thread it is called.
    ///
    /// ```
    /// use tracing_invocation::{Outcome, testing};
    ///
    /// let log = testing::capture();
    /// let work = log.follow_thread(|| tracing_invocation::begin(tracing::info_span!("work")).complete());
    /// std::thread::spawn(work).join().unwrap();
    ///
    /// log.assert_last("work").ended(Outcome::Success);
    /// ```
    pub fn follow_thread<T, F: FnOnce() -> T>(
        &self,
        function: F,
    ) -> impl FnOnce() -> T + use<T, F> {
        let recorder = Arc::clone(&self.recorder);
        move || {
            let _inside = Inside::enter(&recorder);
            function()
        }
    }

    /// Captures the tasks of the tokio runtime that this is called in, as [`capture`] does if it is called in one.
    ///
    /// ```
    /// use tracing_invocation::{FutureExt as _, Outcome, testing};
    ///
    /// let log = testing::capture();
    /// let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    /// runtime.block_on(async {
    ///     log.follow_runtime();
    ///     tokio::spawn(async {}.operation(tracing::info_span!("tick"))).await
    /// })?;
    ///
    /// log.assert_last("tick").ended(Outcome::Success);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, with a tokio older than 1.49, or without the feature `tokio`.
    #[track_caller]
    pub fn follow_runtime(&self) {
        let runtime = Runtime::current();
        assert!(
            runtime.is_some(),
            "no runtime to follow: call `follow_runtime` inside `block_on` or a task, with tokio 1.49 or later and the \
             feature `tokio`; or wrap what is spawned in `Capture::follow`"
        );
        runtime.into_iter().for_each(|runtime| self.recorder.follow(runtime));
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.recorder.end();
        self.scope.into_iter().for_each(router::leave);
        if let Some(notes) = self.log.missed.unshown() {
            // Unlike a write to stderr, the macro's is shown by `cargo test` with the test that it is of.
            eprint!("tracing-invocation: {notes}");
        }
    }
}

impl Deref for Capture {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.log
    }
}

impl fmt::Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.log.fmt(f)
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("log", &self.log).finish_non_exhaustive()
    }
}

/// While this is there, what the thread does belongs to a recorder.
struct Inside(u64);

impl Inside {
    fn enter(recorder: &Arc<Recorder>) -> Self {
        Self(router::enter(recorder))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        router::leave(self.0);
    }
}

pin_project! {
    /// A future whose operations are captured; made by [`Capture::follow`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Follow<F> {
        // Dropped where its drop is captured.
        #[pin]
        future: Option<F>,
        recorder: Arc<Recorder>,
    }

    impl<F> PinnedDrop for Follow<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _inside = Inside::enter(this.recorder);
            this.future.set(None);
        }
    }
}

impl<F: Future> Future for Follow<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _inside = Inside::enter(this.recorder);
        match this.future.as_pin_mut() {
            Some(future) => future.poll(context),
            None => Poll::Pending,
        }
    }
}

impl<F> fmt::Debug for Follow<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow").finish_non_exhaustive()
    }
}
