//! The operations of a page, by column: what of a hundred thousand of them a browser reads in a moment.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use foldhash::{HashMap, HashMapExt as _};
use serde::Serialize;
use tracing_invocation::{Outcome, SpanId};

use super::details::Details;
use crate::model::{Forest, Operation, Trace};

/// How many operations a page has at most: what browsers still sort and filter without a pause that is felt.
pub(super) const MOST_OPERATIONS: usize = 500_000;

/// The operations that a page has room for, an outer one before those inside it.
pub(super) struct Selection<'a> {
    pub(super) traces: Vec<&'a Trace>,
    pub(super) operations: Vec<Placed<'a>>,
    /// How many operations there was no room for.
    pub(super) left_out: usize,
}

/// An operation, and where it stands in its trace.
pub(super) struct Placed<'a> {
    pub(super) operation: &'a Operation,
    /// Which trace of the selection it is of.
    trace: usize,
    /// Where in the selection its parent is.
    parent: Option<usize>,
}

impl<'a> Selection<'a> {
    /// As many whole traces as there is room for, the latest first. Of a trace that alone is too large, its beginning.
    pub(super) fn of(forest: &'a Forest, room: usize) -> Self {
        let all: usize = forest.traces.iter().map(|trace| trace.operations.len()).sum();
        let mut taken = 0;
        let fits = |trace: &&Trace| {
            taken += trace.operations.len();
            taken <= room
        };
        let count = forest.traces.iter().rev().take_while(fits).count();
        let traces: Vec<_> = forest.traces.iter().rev().take(count.max(1)).rev().collect();
        let mut operations = Vec::with_capacity(all.min(room));
        for (number, trace) in traces.iter().enumerate() {
            let mut around: Vec<usize> = Vec::new();
            for (depth, index) in trace.walk().take(room) {
                around.truncate(depth);
                operations.push(Placed {
                    operation: &trace.operations[index],
                    trace: number,
                    parent: around.last().copied(),
                });
                around.push(operations.len() - 1);
            }
        }
        let left_out = all - operations.len();
        Self { traces, operations, left_out }
    }
}

/// What is known of each operation besides its payload. A pair is the place of an operation and a value that few have.
#[derive(Debug, Serialize)]
pub(super) struct Columns {
    /// The first moment: seconds since 1970, and microseconds of the second.
    first: (i64, u32),
    /// The last moment, in microseconds since the first.
    until: u64,
    /// What entities, types of errors and causes are called. The first is nothing.
    texts: Vec<String>,
    /// Namespaces and names.
    kinds: Vec<(String, String)>,
    /// Of traces: ids in one text, when each began in microseconds since the first moment, and how many operations it has.
    trace_ids: String,
    trace_at: Vec<u64>,
    trace_size: Vec<usize>,
    /// Of operations: ids in one text.
    span_ids: String,
    kind: Vec<usize>,
    /// How many places in front of an operation its parent is, or 0.
    up: Vec<usize>,
    entity: Vec<usize>,
    /// Microseconds since its trace began.
    began: Vec<u64>,
    /// Nanoseconds.
    lasted: Vec<u64>,
    /// A letter each: `s`, `f`, `c`, `u`, and `o` of one that is open.
    outcomes: String,
    no_invoke: Vec<usize>,
    /// Those of whose payload nothing is in the page.
    left_out: Vec<usize>,
    /// Those of whose payload something is, in its order.
    told: Vec<usize>,
    missing_parent: Vec<(usize, SpanId)>,
    error: Vec<(usize, usize)>,
    cause: Vec<(usize, usize)>,
    /// Which operation told the same error or cancellation in full.
    told_by: Vec<(usize, usize)>,
    /// When they were said to be slow, in microseconds since they began.
    slow: Vec<(usize, u64)>,
}

impl Columns {
    pub(super) fn of(
        selection: &Selection<'_>,
        details: &Details,
        until: Option<SystemTime>,
    ) -> Self {
        let operations = &selection.operations;
        let first = operations.iter().map(|one| one.operation.began()).min();
        let first = first.or(until).unwrap_or(SystemTime::UNIX_EPOCH);
        let until = until.unwrap_or(first);
        let mut columns = Self::new(first, until, details);
        for trace in &selection.traces {
            let began = trace.operations.first().map_or(first, Operation::began);
            columns.trace_at.push(micros(first, began));
            columns.trace_size.push(0);
            let _ = write!(columns.trace_ids, "{}", trace.id);
        }
        let mut names = Names::default();
        for (place, one) in operations.iter().enumerate() {
            columns.put(place, one, selection, until, &mut names);
        }
        columns.told_by = told_by(operations);
        columns.texts.extend(names.texts.in_order());
        columns.kinds = names.kinds.in_order();
        columns
    }

    fn new(first: SystemTime, until: SystemTime, details: &Details) -> Self {
        Self {
            first: since_1970(first),
            until: micros(first, until),
            texts: vec![String::new()],
            kinds: Vec::new(),
            trace_ids: String::new(),
            trace_at: Vec::new(),
            trace_size: Vec::new(),
            span_ids: String::new(),
            kind: Vec::new(),
            up: Vec::new(),
            entity: Vec::new(),
            began: Vec::new(),
            lasted: Vec::new(),
            outcomes: String::new(),
            no_invoke: Vec::new(),
            left_out: details.left_out.clone(),
            told: details.told.clone(),
            missing_parent: Vec::new(),
            error: Vec::new(),
            cause: Vec::new(),
            told_by: Vec::new(),
            slow: Vec::new(),
        }
    }

    fn put(
        &mut self,
        place: usize,
        one: &Placed<'_>,
        selection: &Selection<'_>,
        until: SystemTime,
        names: &mut Names,
    ) {
        let operation = one.operation;
        let began = operation.began();
        let of_trace =
            selection.traces[one.trace].operations.first().map_or(began, Operation::began);
        self.trace_size[one.trace] += 1;
        let _ = write!(self.span_ids, "{}", operation.span_id);
        let kind = (operation.namespace.to_string(), operation.name.to_string());
        self.kind.push(names.kinds.number(kind));
        self.up.push(one.parent.map_or(0, |parent| place - parent));
        let entity = operation.entity_id.as_deref();
        self.entity.push(entity.map_or(0, |entity| names.text(entity)));
        self.began.push(micros(of_trace, began));
        self.lasted.push(nanos(lasted(operation, began, until)));
        self.outcomes.push(letter(operation.outcome()));
        if operation.invoke.is_none() {
            self.no_invoke.push(place);
        }
        if let (None, Some(parent)) = (one.parent, operation.parent_span_id) {
            self.missing_parent.push((place, parent));
        }
        for (at, _) in &operation.slow {
            self.slow.push((place, micros(began, *at)));
        }
        let Some(end) = &operation.end else { return };
        let is_failed = end.outcome == Outcome::Failed;
        if let Some((kind, _)) = end.error().filter(|_| is_failed) {
            self.error.push((place, names.text(kind)));
        }
        if let Some(cause) = end.cause() {
            self.cause.push((place, names.text(cause)));
        }
    }
}

/// The operations that told in full what others only point to, where they are in the same trace.
fn told_by(operations: &[Placed<'_>]) -> Vec<(usize, usize)> {
    let points = |one: &Placed<'_>| one.operation.end.as_ref()?.told_by();
    let wanted: Vec<_> = operations
        .iter()
        .enumerate()
        .filter_map(|(place, one)| Some((place, (one.trace, points(one)?))))
        .collect();
    let mut places: HashMap<_, Option<usize>> =
        wanted.iter().map(|(_, key)| (*key, None)).collect();
    for (place, one) in operations.iter().enumerate() {
        if let Some(found) = places.get_mut(&(one.trace, one.operation.span_id)) {
            *found = Some(place);
        }
    }
    wanted.into_iter().filter_map(|(place, key)| Some((place, places[&key]?))).collect()
}

/// What is numbered in the order in which it comes.
#[derive(Default)]
struct Names {
    texts: Numbered<String>,
    kinds: Numbered<(String, String)>,
}

impl Names {
    /// The number of a text; 0 stands for none.
    fn text(&mut self, text: &str) -> usize {
        match self.texts.0.get(text) {
            Some(number) => number + 1,
            None => self.texts.number(text.to_owned()) + 1,
        }
    }
}

struct Numbered<T>(HashMap<T, usize>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + std::hash::Hash> Numbered<T> {
    fn number(&mut self, one: T) -> usize {
        let next = self.0.len();
        *self.0.entry(one).or_insert(next)
    }

    fn in_order(self) -> Vec<T> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_unstable_by_key(|(_, number)| *number);
        all.into_iter().map(|(one, _)| one).collect()
    }
}

/// How long an operation took, or has been open.
fn lasted(operation: &Operation, began: SystemTime, until: SystemTime) -> Duration {
    let end = operation.end.as_ref();
    let at = end.map_or(until, |end| end.at);
    end.and_then(|end| end.duration).unwrap_or_else(|| at.duration_since(began).unwrap_or_default())
}

fn letter(outcome: Option<Outcome>) -> char {
    match outcome {
        Some(Outcome::Success) => 's',
        Some(Outcome::Failed) => 'f',
        Some(Outcome::Cancelled) => 'c',
        Some(Outcome::Unknown) => 'u',
        Some(Outcome::Invoke | Outcome::Slow) | None => 'o',
    }
}

fn micros(from: SystemTime, to: SystemTime) -> u64 {
    let since = to.duration_since(from).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn since_1970(time: SystemTime) -> (i64, u32) {
    let seconds = |since: Duration| i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (seconds(since), since.subsec_micros()),
        Err(before) => (-seconds(before.duration()), 0),
    }
}
