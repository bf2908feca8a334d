//! Collects records into operations.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use foldhash::HashMap;
use tracing_invocation::{Outcome, Record, SpanId, TraceId};

use super::{End, Operation, before, lost};
use crate::input::{Place, Reading};
use crate::line::{self, Kind};

/// The operations of a log.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    pub(crate) operations: HashMap<(TraceId, SpanId), Operation>,
    /// How many records are missing, according to the log.
    pub(crate) lost: u64,
    /// The time of the last record.
    pub(crate) until: Option<SystemTime>,
    texts: HashSet<Arc<str>, foldhash::fast::RandomState>,
}

impl Gathering {
    /// Adds a record. Records may arrive in any order, and the result does not depend on it.
    ///
    /// Of two beginnings or two ends of an operation, which this library never writes, the earlier one counts.
    pub(crate) fn add(&mut self, record: Record) {
        self.until = self.until.max(Some(record.timestamp));
        if let Some(lost) = lost(&record) {
            self.lost = self.lost.saturating_add(lost);
            return;
        }
        let key = (record.trace_id, record.span_id);
        let (namespace, name) = (self.text(&record.event_namespace), self.text(&record.event_name));
        let operation = self.operations.entry(key).or_insert_with(|| Operation {
            trace_id: record.trace_id,
            span_id: record.span_id,
            parent_span_id: None,
            namespace,
            name,
            entity_id: None,
            invoke: None,
            slow: Vec::new(),
            slow_since: None,
            end: None,
        });
        operation.parent_span_id = operation.parent_span_id.or(record.parent_span_id);
        if let Some(entity_id) = record.entity_id {
            operation.entity_id.get_or_insert(entity_id.into());
        }
        let at = record.timestamp;
        match record.event_outcome {
            Outcome::Invoke => {
                if operation.invoke.as_ref().is_none_or(|(earlier, _)| at < *earlier) {
                    operation.invoke = Some((at, record.payload));
                }
            }
            Outcome::Slow => {
                let since = before(at, record.duration_ns.map(Duration::from_nanos));
                let since = operation.slow_since.map_or(since, |known| known.min(since));
                operation.slow_since = Some(since);
                operation.slow.push((at, record.payload));
            }
            outcome => {
                if operation.end.as_ref().is_none_or(|end| at < end.at) {
                    let duration = record.duration_ns.map(Duration::from_nanos);
                    operation.end = Some(End { at, outcome, duration, payload: record.payload });
                }
            }
        }
    }

    /// Returns the one shared copy of a text.
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        text
    }
}

/// Collects the records of one worker thread, and moves them to the shared [`Gathering`] once per block.
pub(crate) struct Gatherer<'a> {
    to: &'a Mutex<Gathering>,
    mine: Vec<Record>,
}

impl<'a> Gatherer<'a> {
    pub(crate) fn new(to: &'a Mutex<Gathering>) -> Self {
        Self { to, mine: Vec::new() }
    }
}

impl Reading for Gatherer<'_> {
    fn line(&mut self, _: Place, line: &[u8]) -> Kind {
        line::read(line, &mut |record| self.mine.push(record))
    }

    fn pause(&mut self) {
        let mut gathering = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        self.mine.drain(..).for_each(|record| gathering.add(record));
    }
}
