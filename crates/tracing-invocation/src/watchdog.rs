//! Telling of operations that take longer than expected, while they do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::journal::Journal;
use crate::operation::Slow;
use crate::payload::text::quietly;
use crate::settings::{InForce, Settings};
use crate::sink::report;

/// How long it sleeps at the most, so that it sees new settings and the end of its layer.
const TICK: Duration = Duration::from_secs(1);
/// And at the least.
const PAUSE: Duration = Duration::from_millis(1);
/// How many times longer it sleeps than it has looked: with a million operations open, it keeps a thread a tenth busy.
const IDLENESS: u32 = 9;

/// Tells of operations that take longer than expected, on a thread that there is once anything is expected. It ends with
/// the layer.
#[derive(Default)]
pub(crate) struct Watchdog {
    layer: OnceLock<(Weak<Journal>, InForce)>,
    is_started: AtomicBool,
}

impl Watchdog {
    pub(crate) fn belong_to(&self, journal: &Arc<Journal>, current: &InForce) {
        self.layer.get_or_init(|| (Arc::downgrade(journal), current.clone()));
    }

    /// Sees to it that the thread is there.
    #[inline]
    pub(crate) fn start(&self) {
        if !self.is_started.load(Ordering::Relaxed) {
            self.start_once();
        }
    }

    #[cold]
    fn start_once(&self) {
        let Some((journal, current)) = self.layer.get().cloned() else {
            return;
        };
        // The clock of a test stands still while a thread sleeps: whoever moves it has to look, too.
        let is_of_test =
            journal.upgrade().is_none_or(|journal| !matches!(journal.clock, Clock::System));
        if self.is_started.swap(true, Ordering::Relaxed) || is_of_test {
            return;
        }
        let thread = thread::Builder::new().name("tracing-invocation-watchdog".to_owned());
        if let Err(error) = thread.spawn(move || watch(&journal, &current)) {
            report(format_args!("no thread to tell of slow operations: {error}"));
        }
    }
}

fn watch(journal: &Weak<Journal>, current: &InForce) {
    while let Some(journal) = journal.upgrade() {
        let began = Instant::now();
        let next = quietly(|| check(&journal, &current.load().settings).next);
        drop(journal);
        let looked = began.elapsed().saturating_mul(IDLENESS);
        thread::sleep(next.flatten().unwrap_or(TICK).min(TICK).max(PAUSE).max(looked));
    }
}

/// What was found when operations were looked at.
pub(crate) struct Checked {
    /// How many were told of.
    pub(crate) told: usize,
    /// When the next may be late.
    next: Option<Duration>,
}

/// Tells of each operation that takes longer than expected, and was not told of.
pub(crate) fn check(journal: &Journal, settings: &Settings) -> Checked {
    let now_ns = journal.clock.monotonic_ns();
    // What begins from now on.
    let mut next_ns = settings.expected.shortest_ns();
    let mut late = Vec::new();
    journal.table.scan(|key, operation| {
        let expected_ns = operation.progress.as_ref().and_then(|progress| progress.expected_ns());
        let Some(expected_ns) = expected_ns.filter(|_| operation.is_open()) else {
            return;
        };
        let age_ns = now_ns.saturating_sub(operation.invoked_ns);
        match expected_ns.checked_sub(age_ns) {
            Some(left_ns) => next_ns = Some(next_ns.unwrap_or(left_ns).min(left_ns + 1)),
            None => late.push((operation.invoked_ns, key, expected_ns)),
        }
    });
    late.sort_unstable();
    let told = late.into_iter().filter(|&(invoked_ns, key, expected_ns)| {
        let is_first = journal.table.with(key, |operation| {
            // The span's id may be that of another by now.
            operation.invoked_ns == invoked_ns
                && operation.progress.as_mut().is_some_and(|progress| progress.take_expected())
        });
        let slow = Slow::Operation { expected_ns };
        is_first == Some(true) && journal.tell_slow(key, slow, settings)
    });
    Checked { told: told.count(), next: next_ns.map(Duration::from_nanos) }
}
