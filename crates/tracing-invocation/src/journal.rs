//! The lives of operations, from what the layer sees to lines in the sink.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::callsite::Callsite;
use crate::clock::{Clock, Moment};
use crate::context::ContextFields;
use crate::ids::Ids;
use crate::line;
use crate::operation::{Ending, Keeping, News, Operation, Parent, Place, Settled};
use crate::payload::{Fields, Fragment, shrink::shrink};
use crate::record::{Level, Outcome, OwnLevels, TraceContext};
use crate::settings::Settings;
use crate::settle::reason;
use crate::sink::{Outputs, turn};
use crate::table::Table;

/// The operations that are open, and what is needed to record them.
///
/// Lines are built under the lock of their operation, from bytes that are ready, and written after it is released.
pub(crate) struct Journal {
    pub(crate) table: Table,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) outputs: Arc<Outputs>,
    pub(crate) tally: Tally,
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
                (place.trace_id(), outer.is_left_out, parent)
            })
        });
        let (trace_id, span_id) = match found {
            Some((trace_id, ..)) => (trace_id, self.ids.span()),
            None => self.ids.trace_and_span(),
        };
        let place = Place::new(trace_id, span_id);
        let parent = found.map(|(_, _, parent)| parent);
        let keeping = if is_refused { Keeping::Refused } else { Keeping::All };
        let mut operation = Operation::new(callsite, place, parent, fields, keeping);
        if let Some(caller) = caller {
            operation.join(caller);
        }
        let is_left_out = match found {
            Some((_, is_left_out, _)) => is_left_out,
            None => leaves_out(&operation, settings),
        };
        operation.leave_out(is_left_out);
        self.table.insert(key, operation);
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

    /// An operation's span was entered: the first time, that is its `invoke`. `levels` are its own, if it has any. Whether
    /// it was the first time.
    pub(crate) fn enter(
        &self,
        key: u64,
        levels: Option<&'static OwnLevels>,
        settings: &Settings,
    ) -> bool {
        let begun = self.table.with(key, |operation| {
            operation.enter().then(|| {
                let now = self.clock.now();
                operation.invoked_ns = now.monotonic_ns;
                operation.levels = levels;
                operation.depth = reason::depth();
                let level = operation.invoke_level(&settings.levels);
                let is_written = !matches!(operation.keeping, Keeping::Refused)
                    && settings.writes(operation.callsite.metadata().target(), level);
                let is_plain = is_written && settings.formatter.is_none();
                let line =
                    is_plain.then(|| line::invoke(take_buffer(), operation, now, level, None));
                let waits = matches!(operation.keeping, Keeping::Sampled { .. });
                (now, level, is_written, waits, line)
            })
        });
        let Some((now, level, is_written, waits, line)) = begun.flatten() else {
            return false;
        };
        let shaped = || {
            let view =
                self.table.with(key, |operation| ContextFields::of(operation, Outcome::Invoke))?;
            let context = settings.shaped(&view);
            self.table.with(key, |operation| {
                line::invoke(take_buffer(), operation, now, level, context.as_ref())
            })
        };
        if let Some(line) = line.or_else(|| is_written.then(shaped).flatten()) {
            if waits {
                let waiting = Keeping::Sampled { invoke: Some(Box::new((level, line))) };
                self.table.with(key, |operation| operation.keeping = waiting);
            } else {
                self.write((level, Outcome::Invoke), line, settings);
            }
        }
        if let Some((ending, now)) = self.table.with(key, Operation::invoked).flatten() {
            self.settle_at(key, ending, now, settings);
        }
        true
    }

    /// An operation's span was left.
    pub(crate) fn exit(&self, key: u64) {
        self.table.with(key, Operation::exit);
    }

    /// There is evidence of how an operation ended. Only the first counts. Whether it did.
    pub(crate) fn settle(&self, key: u64, ending: Ending, settings: &Settings) -> bool {
        self.settle_at(key, ending, self.clock.now(), settings)
    }

    /// A panic that began inside an operation's span left it. Whether that was its end.
    pub(crate) fn panicked(&self, key: u64, ending: Ending, settings: &Settings) -> bool {
        let now = self.clock.now();
        let own = self.table.with(key, |operation| operation.panicked(ending, now));
        own.flatten().is_some_and(|ending| self.settle_at(key, ending, now, settings))
    }

    /// As [`settle`](Self::settle), with when that was.
    pub(crate) fn settle_at(
        &self,
        key: u64,
        ending: Ending,
        now: Moment,
        settings: &Settings,
    ) -> bool {
        let ended = self.table.with(key, |operation| Ended::new(operation, ending, now, settings));
        let Some(mut ended) = ended.flatten() else {
            return false;
        };
        if ended.wants_shape {
            let outcome = ended.settled.ending.outcome();
            let view = self.table.with(key, |operation| ContextFields::of(operation, outcome));
            let context = view.and_then(|view| settings.shaped(&view));
            self.table.with(key, |operation| ended.write_line(operation, context.as_ref()));
        }
        self.publish(ended, settings);
        true
    }

    /// The span of an operation that was still open was closed: `ending` says how it ended.
    pub(crate) fn close(
        &self,
        mut operation: Operation,
        ending: impl FnOnce(&mut Operation) -> Ending,
        settings: &Settings,
    ) {
        let (ending, now) = operation.take_panic().unwrap_or_else(|| {
            let now = self.clock.now();
            (ending(&mut operation), now)
        });
        if let Some(mut ended) = Ended::new(&mut operation, ending, now, settings) {
            if ended.wants_shape {
                let view = ContextFields::of(&operation, ended.settled.ending.outcome());
                ended.write_line(&mut operation, settings.shaped(&view).as_ref());
            }
            self.publish(ended, settings);
        }
    }

    /// Settles every operation that is open, the innermost first: the program ends, and nothing else will.
    pub(crate) fn settle_open(&self, settings: &Settings) {
        let mut open = self.table.open();
        open.sort_unstable_by_key(|(invoked_ns, _)| std::cmp::Reverse(*invoked_ns));
        for (_, key) in open {
            self.settle(key, Ending::PROCESS_EXIT, settings);
        }
    }

    #[inline]
    fn publish(&self, ended: Ended, settings: &Settings) {
        if let Some((parent, news)) = ended.news {
            self.table.with(parent.key, |outer| outer.hear(news));
        }
        if let Some(invoke) = ended.invoke {
            let (level, line) = *invoke;
            self.write((level, Outcome::Invoke), line, settings);
        }
        if let Some(line) = ended.line {
            self.write((ended.level, ended.settled.ending.outcome()), line, settings);
        }
    }

    fn write(&self, kind: (Level, Outcome), mut line: Vec<u8>, settings: &Settings) {
        self.tally.recorded.fetch_add(1, Ordering::Relaxed);
        let limit = settings.rules.limits.record;
        if line.len() > limit {
            self.tally.truncated.fetch_add(1, Ordering::Relaxed);
            shrink(&mut line, limit);
        }
        if let Some(line) = turn::write(&self.outputs, kind, line) {
            give_back_buffer(line);
        }
    }
}

/// Whether sampling leaves out the tree that begins with this operation.
fn leaves_out(operation: &Operation, settings: &Settings) -> bool {
    let sampling = &settings.sampling;
    !sampling.keeps_all() && !sampling.keeps(operation.name(), operation.place.trace_id())
}

/// How many records were made, and how many of them were shrunk.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    recorded: AtomicU64,
    truncated: AtomicU64,
}

impl Tally {
    pub(crate) fn read(&self) -> (u64, u64) {
        (self.recorded.load(Ordering::Relaxed), self.truncated.load(Ordering::Relaxed))
    }
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

/// An operation that just ended.
struct Ended {
    settled: Settled,
    now: Moment,
    level: Level,
    line: Option<Vec<u8>>,
    /// Whether there is no line yet, as the program is to shape it.
    wants_shape: bool,
    /// Its `invoke`, where that has waited for this.
    invoke: Option<Box<(Level, Vec<u8>)>>,
    /// What its parent has to be told.
    news: Option<(Parent, News)>,
}

impl Ended {
    /// Ends an operation, if it had not ended yet.
    fn new(
        operation: &mut Operation,
        ending: Ending,
        now: Moment,
        settings: &Settings,
    ) -> Option<Self> {
        let settled = operation.settle(ending, now)?;
        let level = settled.level(&settings.levels, operation.levels);
        let (is_kept, invoke) = match &mut operation.keeping {
            Keeping::All => (true, None),
            _ if settled.is_ordinary() => (false, None),
            Keeping::Refused => (true, None),
            Keeping::Sampled { invoke } => (true, invoke.take()),
        };
        let is_written = is_kept && settings.writes(operation.callsite.metadata().target(), level);
        // Who was not told in the log is nobody to point to; an inner operation that was still is.
        let is_told = is_written || settled.reporter.is_some();
        let news = operation.parent.zip(operation.news(&settled)).filter(|_| is_told);
        let wants_shape = is_written && settings.formatter.is_some();
        let mut ended = Self { settled, now, level, line: None, wants_shape, invoke, news };
        if is_written && !wants_shape {
            ended.write_line(operation, None);
        }
        Some(ended)
    }

    #[inline]
    fn write_line(&mut self, operation: &mut Operation, context: Option<&Fragment>) {
        let (now, level) = (self.now, self.level);
        let line = line::terminal(take_buffer(), operation, now, level, &self.settled, context);
        self.line = Some(line);
    }
}

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a buffer may hold on to between records; a larger one was an exception.
const KEPT_CAPACITY: usize = 64 * 1024;

/// An empty buffer: this thread's own, unless it is in use or the thread is ending.
fn take_buffer() -> Vec<u8> {
    BUFFER.try_with(Cell::take).unwrap_or_default()
}

fn give_back_buffer(mut buffer: Vec<u8>) {
    if buffer.capacity() <= KEPT_CAPACITY {
        buffer.clear();
        // A thread that is ending has no place for it any more.
        let _ = BUFFER.try_with(|place| place.set(buffer));
    }
}
