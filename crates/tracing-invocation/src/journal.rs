//! The lives of operations, from what the layer sees to lines in the sink.

mod buffer;
mod ended;
mod held;
mod slow;
mod tally;

use buffer::{give_back_buffer, take_buffer};
use ended::{Ended, More};
use slow::begin_progress;
pub(crate) use tally::Tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::asking::is_asking;
use crate::callsite::Callsite;
use crate::clock::{Clock, Moment};
use crate::context::ContextFields;
use crate::ids::Ids;
use crate::line;
use crate::operation::{Ending, Keeping, Key, Left, Leftover, Operation, Parent};
use crate::panic_note::Unwinding;
use crate::payload::{
    Fields,
    shrink::{shrink, write_native},
};
use crate::place::Place;
use crate::record::{Level, Outcome, OwnLevels, Record, TraceContext};
use crate::settings::Settings;
use crate::settle::{handover, reason};
use crate::sink::{Outputs, turn};
use crate::table::Table;
use crate::watchdog::Watchdog;

/// The operations that are open, and what is needed to record them.
///
/// Lines are built under the lock of their operation, from bytes that are ready, and written after it is released.
pub(crate) struct Journal {
    pub(crate) table: Table,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) outputs: Arc<Outputs>,
    pub(crate) tally: Tally,
    /// Who tells of operations that take longer than expected.
    pub(crate) watchdog: Watchdog,
    /// How many threads are telling of what takes long.
    pub(crate) telling: AtomicUsize,
    /// Whether an operation has ever taken its place in a trace when others may have been opened inside it.
    pub(crate) has_joined: AtomicBool,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            table: Table::new(),
            clock: Clock::System,
            ids: Ids::Random,
            outputs: Arc::default(),
            tally: Tally::default(),
            watchdog: Watchdog::default(),
            telling: AtomicUsize::new(0),
            has_joined: AtomicBool::new(false),
        }
    }

    /// An operation's span was opened, inside the nearest of `ancestors` that is an operation.
    pub(crate) fn open(
        &self,
        key: u64,
        opened: Opened,
        mut ancestors: impl Iterator<Item = u64>,
        settings: &Settings,
    ) {
        let Opened { callsite, fields, is_refused, caller } = opened;
        let found = ancestors.find_map(|key| {
            self.table.with(key, |outer| {
                let place = &outer.place;
                let parent = Parent { key, span_id: Some(place.span_id()) };
                let found = (place.trace_id(), outer.is_left_out, parent);
                (found, outer.bequest().filter(|_| settings.inherits()))
            })
        });
        let (found, inherited) = found.unzip();
        let (trace_id, span_id) = match found {
            Some((trace_id, ..)) => (trace_id, self.ids.span()),
            None => self.ids.trace_and_span(),
        };
        let place = Place::new(trace_id, span_id);
        let parent = found.map(|(_, _, parent)| parent);
        let keeping = if is_refused { Keeping::Refused } else { Keeping::All };
        self.table.insert(key, || {
            let mut operation = Operation::new(callsite, place, parent, fields, keeping);
            if let Some(caller) = caller {
                operation.join(caller);
            }
            let is_left_out = match found {
                Some((_, is_left_out, _)) => is_left_out,
                None => leaves_out(&operation, settings),
            };
            operation.leave_out(is_left_out);
            operation.inherited = inherited.flatten();
            operation
        });
    }

    /// An operation that was not invoked takes its place in a trace that others take part in. Where there is none, it
    /// follows the operation around it, which may have taken its own since this one was opened.
    pub(crate) fn join(&self, key: u64, context: Option<TraceContext>, settings: &Settings) {
        if context.is_some() {
            self.has_joined.store(true, Ordering::Relaxed);
        }
        let parent = self.table.with(key, |operation| operation.parent).flatten();
        let around = parent.and_then(|parent| {
            self.table.with(parent.key, |outer| {
                (outer.place.trace_id(), outer.place.span_id(), outer.is_left_out)
            })
        });
        self.table.with(key, |operation| {
            if operation.is_invoked() {
                return;
            }
            if let Some((trace_id, ..)) = around.filter(|_| operation.caller.is_none()) {
                operation.place = Place::new(trace_id, operation.place.span_id());
            }
            if let Some(context) = context {
                operation.join(context);
            }
            if let (Some((trace_id, span_id, _)), Some(parent)) = (around, &mut operation.parent) {
                parent.span_id = Some(span_id).filter(|_| operation.place.trace_id() == trace_id);
            }
            let is_left_out = match around {
                Some((.., is_left_out)) => is_left_out,
                None => leaves_out(operation, settings),
            };
            operation.leave_out(is_left_out);
        });
    }

    /// Notes that an operation's span was entered. `levels` are its own, if it has any. The first time, that is its `invoke`. Returns
    /// `true` if it was the first time.
    #[inline]
    pub(crate) fn enter(
        &self,
        key: Key,
        levels: Option<&'static OwnLevels>,
        settings: &Settings,
    ) -> bool {
        let mut locked = self.table.lock(key);
        let Some(operation) = locked.operation() else {
            return false;
        };
        operation.belong_to(key.wrapper);
        if !operation.enter() {
            operation.note_entry(|| self.clock.monotonic_ns(), || handover::is_poll(key));
            return false;
        }
        let begun = self.begin(key, operation, levels, settings);
        drop(locked);
        if let Some(begun) = begun {
            self.record_invoke(key, begun, settings);
        }
        if settings.wants_progress() {
            self.watch(key);
        }
        true
    }

    /// An operation begins. What is to be recorded of that, if anything is.
    #[inline]
    fn begin(
        &self,
        key: Key,
        operation: &mut Operation,
        levels: Option<&'static OwnLevels>,
        settings: &Settings,
    ) -> Option<Begun> {
        let now = self.clock.now();
        operation.invoked_ns = now.monotonic_ns;
        operation.levels = levels;
        operation.around = reason::latest();
        operation.unwinding = Unwinding::now();
        if settings.wants_progress() {
            operation.progress = begin_progress(operation, settings);
            operation.note_entry(|| now.monotonic_ns, || handover::is_poll(key));
        }
        let level = operation.invoke_level(&settings.levels);
        let is_written = !matches!(operation.keeping, Keeping::Refused)
            && settings.writes(operation.callsite.metadata().target(), level);
        if !is_written {
            operation.written();
            return None;
        }
        let is_plain = settings.formatter.is_none();
        let line = is_plain.then(|| line::invoke(take_buffer(), operation, now, level, None));
        let waits = matches!(operation.keeping, Keeping::Sampled { .. });
        Some(Begun { now, level, line, waits })
    }

    #[inline]
    fn record_invoke(&self, key: Key, begun: Begun, settings: &Settings) {
        let Begun { now, level, line, waits } = begun;
        let line = match line {
            Some(line) => Some(line),
            None => self.shaped_invoke(key, now, level, settings),
        };
        match line {
            Some(line) if waits => {
                let waiting = Keeping::Sampled { invoke: Some(Box::new((level, line))) };
                self.table.with(key, |operation| operation.keeping = waiting);
            }
            Some(line) => {
                self.write((level, Outcome::Invoke), line, settings);
            }
            None => {}
        }
        let mut locked = self.table.lock(key);
        if let Some(operation) = locked.operation()
            && operation.written()
        {
            let by = operation.hold();
            drop(locked);
            self.catch_up((key, by), settings);
        }
    }

    #[cold]
    fn shaped_invoke(
        &self,
        key: Key,
        now: Moment,
        level: Level,
        settings: &Settings,
    ) -> Option<Vec<u8>> {
        let view =
            self.table.with(key, |operation| ContextFields::of(operation, Outcome::Invoke))?;
        let context = handover::apart(|| settings.shaped(&view));
        self.table.with(key, |operation| {
            line::invoke(take_buffer(), operation, now, level, context.as_ref())
        })
    }

    /// Notes that an operation's span was left, and returns what follows from that.
    #[inline]
    pub(crate) fn exit(&self, key: Key) -> Left {
        let left = self.table.with(key, |operation| operation.exit(|| self.clock.monotonic_ns()));
        left.unwrap_or(Left::Open)
    }

    #[cold]
    fn publish_more(&self, more: More, settings: &Settings) {
        if let Some((parent, child)) = more.child {
            self.table.with_parent(parent, |outer| outer.hear_of(child));
        }
        if let Some(invoke) = more.invoke {
            self.write_kept(*invoke, settings);
        }
        if let Some(told) = more.slow {
            self.write_slow(told, settings);
        }
    }

    fn write_kept(&self, (level, line): (Level, Vec<u8>), settings: &Settings) {
        self.write((level, Outcome::Invoke), line, settings);
    }

    /// Notes what an evidence event inside an operation's span says of its end.
    pub(crate) fn note_evidence(&self, key: u64, ending: Ending) {
        let now = self.clock.now();
        self.table.with(key, |operation| operation.note_evidence(ending, now));
    }

    /// There is evidence of how an operation ended. Only the first counts. Whether it did.
    pub(crate) fn settle(&self, key: impl Into<Key>, ending: Ending, settings: &Settings) -> bool {
        self.settle_at(key, ending, self.clock.now(), settings)
    }

    /// A panic that began inside an operation's span leaves it.
    pub(crate) fn panicked(&self, key: u64, ending: Ending) {
        let now = self.clock.now();
        self.table.with(key, |operation| operation.panicked(ending, now));
    }

    /// As [`settle`](Self::settle), with when that was.
    pub(crate) fn settle_at(
        &self,
        key: impl Into<Key>,
        ending: Ending,
        now: Moment,
        settings: &Settings,
    ) -> bool {
        let key = key.into();
        let mut locked = self.table.lock(key);
        let Some(operation) = locked.operation() else {
            return false;
        };
        let Some(mut ended) = Ended::new(operation, ending, now, settings) else {
            return false;
        };
        if settings.formatter.is_some() {
            let held = (key, operation.hold());
            drop(locked);
            self.shape(held, &mut ended, settings);
            self.table.release(held);
        } else {
            drop(locked);
            self.table.clean(key);
        }
        self.publish(ended, settings);
        true
    }

    /// The span of an operation that is still open was closed: `ending` says how it ended.
    pub(crate) fn close(&self, key: u64, ending: impl FnOnce() -> Ending, settings: &Settings) {
        let is_ending = self.table.with(key, |operation| operation.is_ending());
        if is_ending != Some(true) {
            let leftover = self.table.with(key, Operation::take_leftover);
            let (ending, now) = match leftover.unwrap_or(Leftover::Nothing) {
                Leftover::Ended(ending, now) => (ending, now),
                Leftover::Refuted => (Ending::UNKNOWN, self.clock.now()),
                Leftover::Nothing => {
                    let now = self.clock.now();
                    let ending = ending();
                    self.table.with(key, Operation::closed_without_evidence);
                    (ending, now)
                }
            };
            self.settle_at(key, ending, now, settings);
        }
        self.table.remove(key);
    }

    /// Settles every operation that is open, the innermost first: the program ends, and nothing else will. The ends of
    /// those of which a record is being written are up to whoever writes it: this waits for them until then. Returns how
    /// many it settled itself.
    pub(crate) fn settle_open(&self, until: Option<Instant>, settings: &Settings) -> usize {
        let mut open = self.table.open();
        let found = open.len();
        open.sort_unstable_by_key(|(invoked_ns, _)| std::cmp::Reverse(*invoked_ns));
        open.retain(|(_, key)| !self.settle(*key, Ending::PROCESS_EXIT, settings));
        let settled = found - open.len();
        // Whoever writes on this thread would wait for itself.
        if turn::is_writing() || is_asking() {
            return settled;
        }
        let is_being_written = |&(invoked_ns, key): &(u64, Key)| {
            let is_it = |operation: &mut Operation| {
                operation.invoked_ns == invoked_ns && operation.is_being_written()
            };
            self.table.with(key, is_it) == Some(true)
        };
        // In this order: who writes is counted before an operation stops being written.
        while (open.iter().any(is_being_written) || self.telling.load(Ordering::SeqCst) > 0)
            && until.is_none_or(|until| Instant::now() < until)
        {
            thread::sleep(Duration::from_millis(1));
        }
        settled
    }

    #[inline(always)]
    fn publish(&self, ended: Ended, settings: &Settings) {
        if let Some(more) = ended.more {
            self.publish_more(*more, settings);
        }
        if let Some(invoke) = ended.invoke {
            self.write_kept(*invoke, settings);
        }
        let Ended { line, level, settled, news, .. } = ended;
        let is_taken = match line {
            Some(line) => self.write((level, settled.ending.outcome()), line, settings),
            None => false,
        };
        // The outer operation hears of it once it is known whether an output has the record. It ends later: its own code goes
        // on, or its span is closed, after this callback. Nobody points to a record that nobody has; but an inner operation
        // whose record was taken still has it.
        if let Some((parent, news)) = news
            && (is_taken || settled.reporter.is_some())
        {
            self.table.with_parent(parent, |outer| outer.hear(news));
        }
    }

    /// Writes a record. Returns `false` if it is known that no output has it.
    fn write(&self, kind: (Level, Outcome), mut line: Vec<u8>, settings: &Settings) -> bool {
        let limit = settings.rules.limits.record_bytes();
        let is_too_long = line.len() > limit;
        self.tally.count(is_too_long);
        if is_too_long {
            shrink_apart(&mut line, limit);
        }
        let (is_taken, line) = handover::apart(|| turn::write(&self.outputs, kind, line));
        if let Some(line) = line {
            give_back_buffer(line);
        }
        is_taken
    }
}

impl Journal {
    /// Writes a record about the log itself.
    pub(crate) fn write_notice(&self, record: &Record) {
        let mut line = Vec::new();
        write_native(record, &mut line);
        turn::write(&self.outputs, (record.level, record.event_outcome), line);
    }
}

/// As [`shrink`], where it is in nobody's way.
#[cold]
#[inline(never)]
fn shrink_apart(line: &mut Vec<u8>, limit: usize) {
    shrink(line, limit);
}

/// Whether sampling leaves out the tree that begins with this operation.
fn leaves_out(operation: &Operation, settings: &Settings) -> bool {
    let sampling = &settings.sampling;
    !sampling.keeps_all() && !sampling.keeps(operation.name(), operation.place.trace_id())
}

/// What was opened.
pub(crate) struct Opened {
    pub(crate) callsite: &'static Callsite,
    pub(crate) fields: Fields,
    /// Whether a policy refused it.
    pub(crate) is_refused: bool,
    /// Who called, where that is known.
    pub(crate) caller: Option<TraceContext>,
}

/// An operation that just began, and is to be recorded.
struct Begun {
    now: Moment,
    level: Level,
    /// `None` where the program is to shape it.
    line: Option<Vec<u8>>,
    /// Whether it waits until the operation ends.
    waits: bool,
}
