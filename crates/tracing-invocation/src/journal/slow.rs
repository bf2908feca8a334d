//! What is to be told of an operation that takes long.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Journal;
use super::buffer::take_buffer;
use crate::clock::{self, Moment};
use crate::line;
use crate::operation::{Keeping, Key, Operation, Progress, Slow};
use crate::payload::Fragment;
use crate::record::{Level, Outcome};
use crate::settings::{Capture, Settings};

impl Journal {
    /// Has an operation watched that is expected to end in time.
    #[cold]
    pub(super) fn watch(&self, key: Key) {
        let expected_ns = |operation: &mut Operation| operation.progress.as_ref()?.expected_ns();
        if self.table.with(key, expected_ns).flatten().is_some() {
            self.watchdog.start();
        }
    }

    /// Reports each operation that takes longer than expected and was not reported before.
    pub(crate) fn report_late(&self, settings: &Settings) -> Checked {
        let now_ns = self.clock.monotonic_ns();
        // What begins from now on.
        let mut next_ns = settings.expected.shortest_ns();
        let mut late = Vec::new();
        self.table.scan(|key, operation| {
            let expected_ns =
                operation.progress.as_ref().and_then(|progress| progress.expected_ns());
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
            let is_first = self.table.with(key, |operation| {
                // The span's id may be that of another by now.
                operation.invoked_ns == invoked_ns
                    && operation.progress.as_mut().is_some_and(|progress| progress.take_expected())
            });
            let slow = Slow::Operation { expected_ns };
            is_first == Some(true) && self.tell_slow(key, slow, settings)
        });
        Checked { told: told.count(), next: next_ns.map(Duration::from_nanos) }
    }

    /// An operation that is open takes too long. Whether that is told now.
    #[cold]
    pub(crate) fn tell_slow(&self, key: Key, slow: Slow, settings: &Settings) -> bool {
        let _telling = Telling::new(&self.telling);
        let now = self.clock.now();
        let begun = self.table.with(key, |operation| {
            let is_refused = matches!(operation.keeping, Keeping::Refused);
            (!is_refused && operation.begin_slow(slow, now)).then(|| {
                let told = Told::new(operation, slow, now, settings);
                (operation.hold(), told, keep(operation))
            })
        });
        let Some((by, told, invoke)) = begun.flatten() else {
            return false;
        };
        self.write_told((key, by), told, invoke, settings);
        self.catch_up((key, by), settings);
        true
    }

    pub(super) fn write_told(
        &self,
        held: (Key, u64),
        mut told: Told,
        invoke: Option<Box<(Level, Vec<u8>)>>,
        settings: &Settings,
    ) {
        if told.wants_shape {
            let context = self.shaped(held, Outcome::Slow, settings);
            self.table.with_held(held, |operation| told.write_line(operation, context.as_ref()));
        }
        if let Some(invoke) = invoke {
            self.write_kept(*invoke, settings);
        }
        self.write_slow(told, settings);
    }

    pub(super) fn write_slow(&self, told: Told, settings: &Settings) {
        if let Some(line) = told.line {
            self.write((told.level, Outcome::Slow), line, settings);
        }
    }
}

/// What a check for late operations found.
pub(crate) struct Checked {
    /// How many were reported.
    pub(crate) told: usize,
    /// After which time the next one may be late.
    pub(crate) next: Option<Duration>,
}

/// A `slow` record of an operation.
pub(super) struct Told {
    pub(super) slow: Slow,
    pub(super) now: Moment,
    pub(super) level: Level,
    pub(super) is_written: bool,
    /// Whether there is no line yet, as the program is to shape it.
    pub(super) wants_shape: bool,
    pub(super) line: Option<Vec<u8>>,
}

impl Told {
    pub(super) fn new(
        operation: &mut Operation,
        slow: Slow,
        now: Moment,
        settings: &Settings,
    ) -> Self {
        let own = operation.levels.and_then(|own| own.slow);
        let level = own.unwrap_or(settings.levels.slow);
        let is_written = settings.writes(operation.callsite.metadata().target(), level);
        let wants_shape = is_written && settings.formatter.is_some();
        let mut told = Self { slow, now, level, is_written, wants_shape, line: None };
        if !wants_shape {
            told.write_line(operation, None);
        }
        told
    }

    pub(super) fn write_line(&mut self, operation: &mut Operation, context: Option<&Fragment>) {
        if self.is_written {
            let (now, level) = (self.now, self.level);
            self.line = Some(line::slow(take_buffer(), operation, now, level, self.slow, context));
        }
    }
}

/// Keeps an operation that sampling left out: what is slow is told of from its `invoke` on, which has waited.
pub(super) fn keep(operation: &mut Operation) -> Option<Box<(Level, Vec<u8>)>> {
    match &mut operation.keeping {
        Keeping::Sampled { invoke } => {
            let invoke = invoke.take();
            operation.keeping = Keeping::All;
            invoke
        }
        Keeping::All | Keeping::Refused => None,
    }
}

/// What is to be kept of an operation that begins.
pub(super) fn begin_progress(operation: &Operation, settings: &Settings) -> Option<Box<Progress>> {
    let Capture { progress, slow_poll, .. } = settings.capture;
    Progress::begin(progress, slow_poll.map(clock::nanos), settings.expected.of(operation))
}

/// A thread that tells of what takes long.
pub(super) struct Telling<'a>(&'a AtomicUsize);

impl<'a> Telling<'a> {
    pub(super) fn new(telling: &'a AtomicUsize) -> Self {
        telling.fetch_add(1, Ordering::SeqCst);
        Self(telling)
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
