//! Runs a check on a thread of its own, again and again: whether operations take longer than expected.
//!
//! It knows nothing of operations. What it runs says when to look next, or that its layer is gone.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::payload::text::quietly;
use crate::sink::report;

/// The longest sleep, after which new settings and the end of the layer are noticed.
const TICK: Duration = Duration::from_secs(1);
/// The shortest sleep.
const PAUSE: Duration = Duration::from_millis(1);
/// How many times longer it sleeps than the check took: with a million operations open, it keeps a thread a tenth busy.
const IDLENESS: u32 = 9;

/// What a check says of the next one.
pub(crate) enum Next {
    /// There is something to be found after this time, or nothing is expected.
    After(Option<Duration>),
    /// The layer is gone: no more checks.
    Never,
}

type Check = dyn Fn() -> Next + Send + Sync;

/// Runs a check repeatedly, from the moment that something is expected of an operation until the layer is gone.
#[derive(Default)]
pub(crate) struct Watchdog {
    check: OnceLock<Arc<Check>>,
    is_started: AtomicBool,
}

impl Watchdog {
    /// Sets what is run. Without a check, no thread is started.
    pub(crate) fn set_check(&self, check: impl Fn() -> Next + Send + Sync + 'static) {
        let _ = self.check.set(Arc::new(check));
    }

    /// Starts the thread, unless it runs already.
    #[inline]
    pub(crate) fn start(&self) {
        if !self.is_started.load(Ordering::Relaxed) {
            self.start_once();
        }
    }

    #[cold]
    fn start_once(&self) {
        if self.is_started.swap(true, Ordering::Relaxed) {
            return;
        }
        let Some(check) = self.check.get().map(Arc::clone) else {
            return;
        };
        let thread = thread::Builder::new().name("tracing-invocation-watchdog".to_owned());
        if let Err(error) = thread.spawn(move || run(&*check)) {
            report(format_args!("no thread to report slow operations: {error}"));
        }
    }
}

fn run(check: &Check) {
    loop {
        let began = Instant::now();
        // A check that panics, through a user's sink, is run again.
        let next = match quietly(check) {
            Some(Next::Never) => return,
            Some(Next::After(next)) => next,
            None => None,
        };
        let busy = began.elapsed().saturating_mul(IDLENESS);
        thread::sleep(next.unwrap_or(TICK).min(TICK).max(PAUSE).max(busy));
    }
}

impl fmt::Debug for Watchdog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchdog").field("is_started", &self.is_started).finish_non_exhaustive()
    }
}
