//! The lives of operations, from what the layer sees to lines in the sink.

use std::cell::Cell;
use std::sync::Arc;

use crate::callsite::Callsite;
use crate::clock::{Clock, Moment};
use crate::context::{ContextFields, ContextFormatter};
use crate::ids::Ids;
use crate::line;
use crate::operation::{Ending, News, Operation, Parent, Settled};
use crate::payload::{Fields, Fragment, Rules, shrink::shrink};
use crate::record::{Level, Levels, Outcome};
use crate::sink::{Sink, turn};
use crate::table::Table;

/// The operations that are open, and what is needed to record them.
///
/// Lines are built under the lock of their operation, from bytes that are ready, and written after it is released.
pub(crate) struct Journal {
    pub(crate) table: Table,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) rules: Rules,
    pub(crate) levels: Levels,
    pub(crate) formatter: Option<ContextFormatter>,
    pub(crate) sink: Arc<dyn Sink>,
}

impl Journal {
    pub(crate) fn new(sink: Arc<dyn Sink>) -> Self {
        Self {
            table: Table::new(),
            clock: Clock::System,
            ids: Ids::Random,
            rules: Rules::standard().clone(),
            levels: Levels::DEFAULT,
            formatter: None,
            sink,
        }
    }

    /// An operation's span was opened, inside the nearest of `ancestors` that is an operation.
    pub(crate) fn open(
        &self,
        key: u64,
        callsite: &'static Callsite,
        fields: Fields,
        mut ancestors: impl Iterator<Item = u64>,
    ) {
        let found = ancestors.find_map(|key| {
            self.table.with(key, |outer| (outer.trace_id, Parent { key, span_id: outer.span_id }))
        });
        let (trace_id, parent) = match found {
            Some((trace_id, parent)) => (trace_id, Some(parent)),
            None => (self.ids.trace(), None),
        };
        let ids = (trace_id, self.ids.span());
        self.table.insert(key, Operation::new(callsite, ids, parent, fields));
    }

    /// An operation's span was entered: the first time, that is its `invoke`. `levels` are its own, if it has any.
    pub(crate) fn enter(&self, key: u64, levels: Option<&'static Levels>) {
        let begun = self.table.with(key, |operation| {
            operation.enter().then(|| {
                let now = self.clock.now();
                operation.invoked_ns = now.monotonic_ns;
                operation.levels = levels;
                let level = self.levels_of(operation).invoke;
                let plain = self.formatter.is_none();
                (
                    now,
                    level,
                    plain.then(|| line::invoke(take_buffer(), operation, now, level, None)),
                )
            })
        });
        let Some((now, level, line)) = begun.flatten() else {
            return;
        };
        let line = line.or_else(|| {
            let view =
                self.table.with(key, |operation| ContextFields::of(operation, Outcome::Invoke))?;
            let context = self.formatter.as_ref()?.context(&view, &self.rules.redaction);
            self.table.with(key, |operation| {
                line::invoke(take_buffer(), operation, now, level, context.as_ref())
            })
        });
        line.into_iter().for_each(|line| self.write(level, line));
        if let Some((ending, now)) = self.table.with(key, Operation::invoked).flatten() {
            self.settle_at(key, ending, now);
        }
    }

    /// An operation's span was left.
    pub(crate) fn exit(&self, key: u64) {
        self.table.with(key, Operation::exit);
    }

    /// There is evidence of how an operation ended. Only the first counts.
    pub(crate) fn settle(&self, key: u64, ending: Ending) {
        self.settle_at(key, ending, self.clock.now());
    }

    /// A panic that began inside an operation's span left it.
    pub(crate) fn panicked(&self, key: u64, ending: Ending) {
        let now = self.clock.now();
        let own = self.table.with(key, |operation| operation.panicked(ending, now));
        if let Some(ending) = own.flatten() {
            self.settle_at(key, ending, now);
        }
    }

    fn settle_at(&self, key: u64, ending: Ending, now: Moment) {
        let ended = self.table.with(key, |operation| {
            let ended = self.end(operation, ending, now)?;
            let plain = self.formatter.is_none();
            let line = plain.then(|| ended.line(operation, None));
            Some((ended, line))
        });
        let Some((ended, line)) = ended.flatten() else {
            return;
        };
        let line = line.or_else(|| {
            let outcome = ended.settled.ending.outcome();
            let view = self.table.with(key, |operation| ContextFields::of(operation, outcome))?;
            let context = self.formatter.as_ref()?.context(&view, &self.rules.redaction);
            self.table.with(key, |operation| ended.line(operation, context.as_ref()))
        });
        self.publish(ended, line);
    }

    /// An operation's span was closed. Where nothing else settled it, `ending` says how it ended.
    pub(crate) fn close(&self, key: u64, ending: impl FnOnce(&Operation) -> Ending) {
        let Some(mut operation) = self.table.remove(key) else {
            return;
        };
        if !operation.is_invoked() || operation.is_settled() {
            return;
        }
        let (ending, now) =
            operation.take_panic().unwrap_or_else(|| (ending(&operation), self.clock.now()));
        if let Some(ended) = self.end(&mut operation, ending, now) {
            let outcome = ended.settled.ending.outcome();
            let context = self.formatter.as_ref().and_then(|formatter| {
                let view = ContextFields::of(&operation, outcome);
                formatter.context(&view, &self.rules.redaction)
            });
            let line = ended.line(&operation, context.as_ref());
            self.publish(ended, Some(line));
        }
    }

    /// Ends an operation, if it had not ended yet.
    fn end(&self, operation: &mut Operation, ending: Ending, now: Moment) -> Option<Ended> {
        let settled = operation.settle(ending, now)?;
        let level = settled.level(self.levels_of(operation));
        let news = operation.parent.zip(operation.news(&settled));
        Some(Ended { settled, now, level, news })
    }

    fn publish(&self, ended: Ended, line: Option<Vec<u8>>) {
        if let Some((parent, news)) = ended.news {
            self.table.with(parent.key, |outer| outer.hear(news));
        }
        line.into_iter().for_each(|line| self.write(ended.level, line));
    }

    fn levels_of(&self, operation: &Operation) -> &Levels {
        operation.levels.unwrap_or(&self.levels)
    }

    fn write(&self, level: Level, mut line: Vec<u8>) {
        if line.len() > self.rules.limits.record {
            shrink(&mut line, self.rules.limits.record);
        }
        if let Some(line) = turn::write(&self.sink, level, line) {
            give_back_buffer(line);
        }
    }
}

/// An operation that just ended.
struct Ended {
    settled: Settled,
    now: Moment,
    level: Level,
    /// What its parent has to be told.
    news: Option<(Parent, News)>,
}

impl Ended {
    fn line(&self, operation: &Operation, context: Option<&Fragment>) -> Vec<u8> {
        line::terminal(take_buffer(), operation, self.now, self.level, &self.settled, context)
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
