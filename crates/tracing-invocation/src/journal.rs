//! The lives of operations, from what the layer sees to lines in the sink.

use std::cell::Cell;
use std::sync::Arc;

use crate::callsite::Callsite;
use crate::clock::{Clock, Moment};
use crate::ids::Ids;
use crate::line;
use crate::operation::{Ending, Operation, Parent};
use crate::payload::{Fields, Limits, shrink::shrink};
use crate::record::Level;
use crate::sink::{Sink, turn};
use crate::table::Table;

/// The operations that are open, and what is needed to record them.
///
/// Lines are built under the lock of their operation, from bytes that are ready, and written after it is released.
pub(crate) struct Journal {
    pub(crate) table: Table,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) limits: Limits,
    pub(crate) sink: Arc<dyn Sink>,
}

impl Journal {
    pub(crate) fn new(sink: Arc<dyn Sink>) -> Self {
        Self {
            table: Table::new(),
            clock: Clock::System,
            ids: Ids::Random,
            limits: Limits::DEFAULT,
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
            self.table.with(key, |outer| {
                (
                    outer.trace_id,
                    Parent {
                        key,
                        span_id: outer.span_id,
                    },
                )
            })
        });
        let (trace_id, parent) = match found {
            Some((trace_id, parent)) => (trace_id, Some(parent)),
            None => (self.ids.trace(), None),
        };
        let ids = (trace_id, self.ids.span());
        self.table
            .insert(key, Operation::new(callsite, ids, parent, fields));
    }

    /// An operation's span was entered: the first time, that is its `invoke`.
    pub(crate) fn enter(&self, key: u64) {
        let line = self.table.with(key, |operation| {
            operation.enter().then(|| {
                let now = self.clock.now();
                operation.invoked_ns = now.monotonic_ns;
                let mut line = take_buffer();
                line::push_invoke(&mut line, operation, now);
                line
            })
        });
        if let Some(Some(line)) = line {
            self.write(crate::Outcome::Invoke.level(), line);
            let ended = self.table.with(key, Operation::invoked).flatten();
            if let Some((ending, now)) = ended {
                self.settle_at(key, ending, now);
            }
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
    pub(crate) fn panicked(&self, key: u64) {
        let now = self.clock.now();
        if self.table.with(key, |operation| operation.panicked(now)) == Some(true) {
            self.settle_at(key, Ending::panicked(), now);
        }
    }

    fn settle_at(&self, key: u64, ending: Ending, now: Moment) {
        let settled = self
            .table
            .with(key, |operation| self.finish(operation, ending, now));
        self.publish(settled.flatten());
    }

    /// An operation's span was closed. Where nothing else settled it, `ending` says how it ended.
    pub(crate) fn close(&self, key: u64, ending: impl FnOnce(&Operation) -> Ending) {
        let Some(mut operation) = self.table.remove(key) else {
            return;
        };
        if operation.is_invoked() && !operation.is_settled() {
            let known = operation.ended_by_panic();
            let (ending, now) = known.unwrap_or_else(|| (ending(&operation), self.clock.now()));
            let settled = self.finish(&mut operation, ending, now);
            self.publish(settled);
        }
    }

    /// Ends an operation, if it had not ended yet: its last line, and the news for its parent.
    fn finish(&self, operation: &mut Operation, ending: Ending, now: Moment) -> Option<Settled> {
        let ending = operation.settle(ending, now)?;
        let level = ending.level();
        let mut line = take_buffer();
        line::push_terminal(&mut line, operation, now, level, &ending);
        let news = operation.parent.zip(operation.news(&ending));
        Some(Settled { level, line, news })
    }

    fn publish(&self, settled: Option<Settled>) {
        let Some(Settled { level, line, news }) = settled else {
            return;
        };
        if let Some((parent, news)) = news {
            self.table.with(parent.key, |outer| outer.hear(news));
        }
        self.write(level, line);
    }

    fn write(&self, level: Level, mut line: Vec<u8>) {
        if line.len() > self.limits.record {
            shrink(&mut line, self.limits.record);
        }
        if let Some(line) = turn::write(&self.sink, level, line) {
            give_back_buffer(line);
        }
    }
}

/// An operation that just ended.
struct Settled {
    level: Level,
    line: Vec<u8>,
    news: Option<(Parent, crate::operation::News)>,
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
