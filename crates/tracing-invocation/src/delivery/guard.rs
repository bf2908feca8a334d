//! Ends a log at the right moment.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::Delivery;
use crate::hidden::report_hidden;
use crate::payload::text::quietly;
use crate::sink::report;

/// Ends a log: dropped, it records the operations that are still open as `unknown`, with the reason `process exit`, and
/// flushes every output.
///
/// Keep it in `main`, from before the layer is composed to the end. What was lost, and could not be told in the log, is
/// told to whoever the output tells of failures.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// let layer = tracing_invocation::layer();
/// let _guard = layer.guard();
/// let subscriber = tracing_subscriber::registry().with(layer);
/// # drop(subscriber);
/// ```
///
/// # Inside a tokio runtime
///
/// A runtime cancels the tasks that are left when it is dropped, and `#[tokio::main]` drops it after the body of `main`. A
/// guard in that body is dropped before. It flushes at once, and leaves the rest to the end of its thread, which for the
/// main thread is the end of the process: what the runtime cancels meanwhile is recorded as `cancelled`, and what is open
/// even then as `unknown`. Both together take no longer than the deadline.
///
/// ```no_run
/// # use tracing_subscriber::prelude::*;
/// #[tokio::main]
/// async fn main() {
///     let layer = tracing_invocation::layer();
///     let _guard = layer.guard();
///     tracing_subscriber::registry().with(layer).init();
///     // Here runs the program.
/// }
/// ```
///
/// This needs a thread that runs the destructors of its thread-locals when it ends. All threads do, except for the main
/// thread on some systems: it does on Linux with glibc, dynamically linked, and on the systems of Apple. On other systems
/// (musl, Windows), and in a task, which may run on any thread of the runtime, the guard ends the log at once. Where
/// operations were open, it says on stderr what to write instead: build the runtime inside `fn main()`, and keep the guard
/// outside of it.
///
/// ```no_run
/// # use tracing_subscriber::prelude::*;
/// fn main() -> std::io::Result<()> {
///     let layer = tracing_invocation::layer();
///     let _guard = layer.guard();
///     tracing_subscriber::registry().with(layer).init();
///     tokio::runtime::Runtime::new()?.block_on(async {
///         // Here runs the program.
///     });
///     Ok(())
/// }
/// ```
///
/// [`Delivery::finish`] ends the log at once wherever it is called: before `std::process::exit`, which drops no guard.
#[derive(Debug)]
#[must_use = "it ends the log when it is dropped, at once if bound to `_`: keep it as `_guard` in main"]
pub struct Guard {
    delivery: Delivery,
    deadline: Duration,
}

impl Guard {
    /// Time for flushing, unless it says otherwise.
    const DEADLINE: Duration = Duration::from_secs(5);

    pub(crate) fn new(delivery: Delivery) -> Self {
        Self { delivery, deadline: Self::DEADLINE }
    }

    /// Flushes for so long at the most. Five seconds by default.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut end =
            End { delivery: self.delivery.clone(), deadline: self.deadline, is_early: false };
        match Place::here() {
            Place::Outside => {}
            Place::TooEarly => end.is_early = true,
            Place::Postponable => {
                let began = Instant::now();
                // What fails now fails, or is done, at the end, and is told then.
                let _ = end.delivery.flush(end.deadline);
                end.deadline = end.deadline.saturating_sub(began.elapsed());
                return postpone(end);
            }
        }
        drop(end);
    }
}

/// The end of a log, which comes when this is dropped.
struct End {
    delivery: Delivery,
    deadline: Duration,
    /// Whether a runtime will cancel operations only afterwards.
    is_early: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        // A panic in the destructor of a thread-local would abort the process.
        quietly(|| {
            let (unknown, flushed) = self.delivery.end(self.deadline);
            if self.is_early && unknown > 0 {
                report(format_args!(
                    "the guard was dropped inside a tokio runtime, before that cancels its tasks: operations that they \
                     have open are recorded as `unknown`. Keep the guard outside: `let _guard = layer.guard();` in \
                     `fn main()`, and below it `tokio::runtime::Runtime::new()?.block_on(async {{ .. }})`"
                ));
            }
            report_hidden();
            self.delivery.journal.outputs.tell_at_the_end(flushed);
        });
    }
}

/// Where a guard is dropped, seen from a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "without tokio no runtime is seen"))]
enum Place {
    Outside,
    /// In a runtime that ends before its thread does: in what `block_on` runs, or in a scope that `enter` made.
    Postponable,
    /// In a runtime, on a thread that may end before the runtime has cancelled everything, or whose end nothing tells.
    TooEarly,
}

#[cfg(feature = "tokio")]
impl Place {
    fn here() -> Self {
        /// Whether the main thread drops its thread-locals as the process exits. Measured on Linux: with glibc it does,
        /// unless that is linked statically; with musl it does not.
        const MAIN_DROPS_THREAD_LOCALS: bool = cfg!(any(
            all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")),
            target_vendor = "apple",
        ));

        if tokio::runtime::Handle::try_current().is_err() {
            return Self::Outside;
        }
        let is_main = || std::thread::current().name() == Some("main");
        // A task runs on a thread of the runtime, which ends while others still cancel theirs.
        if tokio::task::try_id().is_some() || (!MAIN_DROPS_THREAD_LOCALS && is_main()) {
            return Self::TooEarly;
        }
        Self::Postponable
    }
}

#[cfg(not(feature = "tokio"))]
impl Place {
    fn here() -> Self {
        Self::Outside
    }
}

/// Leaves the end of a log to the end of this thread. Where that has begun, it comes at once.
fn postpone(end: End) {
    thread_local! {
        /// Dropped when the thread ends, and with it the logs end.
        static ENDS: RefCell<Vec<End>> = const { RefCell::new(Vec::new()) };
    }
    // An end that is not taken is dropped here.
    let _ = ENDS.try_with(|ends| ends.borrow_mut().push(end));
}
