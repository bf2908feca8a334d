//! The operations of a page, by column: what of a hundred thousand of them a browser reads in a moment.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use foldhash::{HashMap, HashSet, HashSetExt as _};
use serde::Serialize;
use tracing_invocation::{Outcome, SpanId};

use super::details::Details;
use super::names::Names;
use super::selection::{Placed, Selection};
use crate::model::{End, Operation};

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
    /// How many nanoseconds it is known for.
    trace_lasted: Vec<u64>,
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
    /// Those that are said to be inside one that is inside them.
    in_circle: Vec<(usize, usize)>,
    error: Vec<(usize, usize)>,
    cause: Vec<(usize, usize)>,
    /// By type of error, a message.
    example: Vec<(usize, String)>,
    /// Those whose error or cancellation an operation inside told in full, be it in the log or not.
    told_inside: Vec<usize>,
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
        let mut columns = Self::new(first, details);
        for trace in &selection.traces {
            let began = trace.operations.first().map_or(first, Operation::began);
            columns.trace_at.push(micros(first, began));
            columns.trace_size.push(0);
            columns.trace_lasted.push(0);
            let _ = write!(columns.trace_ids, "{}", trace.id);
        }
        let mut names = Names::default();
        for (place, one) in operations.iter().enumerate() {
            columns.put(place, one, selection, until, &mut names);
        }
        for (lasted, trace) in columns.trace_lasted.iter_mut().zip(&selection.traces) {
            // Of one in which nothing took any time, it is known that it goes on.
            if *lasted == 0 {
                let began = trace.operations.first().map_or(first, Operation::began);
                *lasted = nanos(until.duration_since(began).unwrap_or_default());
            }
        }
        columns.until = columns.latest(first, until);
        columns.example = examples(operations, &names);
        columns.told_by = told_by(operations);
        columns.put_parents(operations);
        columns.texts.extend(names.texts.in_order());
        columns.kinds = names.kinds.in_order();
        columns
    }

    fn new(first: SystemTime, details: &Details) -> Self {
        Self {
            first: since_1970(first),
            until: 0,
            texts: vec![String::new()],
            kinds: Vec::new(),
            trace_ids: String::new(),
            trace_at: Vec::new(),
            trace_size: Vec::new(),
            trace_lasted: Vec::new(),
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
            in_circle: Vec::new(),
            error: Vec::new(),
            cause: Vec::new(),
            example: Vec::new(),
            told_inside: Vec::new(),
            told_by: Vec::new(),
            slow: Vec::new(),
        }
    }

    /// The last moment, in microseconds since the first. Timestamps are cut to microseconds or milliseconds and durations are
    /// not: no log is shorter than its only trace for that. A duration that cannot be makes it no longer.
    fn latest(&self, first: SystemTime, until: SystemTime) -> u64 {
        const CUT: u64 = 1_000;
        let until = micros(first, until);
        let ends = self.trace_at.iter().zip(&self.trace_lasted);
        let last = ends.map(|(at, lasted)| at.saturating_add(lasted.div_ceil(1_000))).max();
        last.unwrap_or_default().clamp(until, until.saturating_add(CUT))
    }

    /// Tells outermost operations that are said to be inside another one: it is missing, or they are inside one another.
    fn put_parents(&mut self, operations: &[Placed<'_>]) {
        let outermost =
            |one: &Placed<'_>| one.operation.parent_span_id.filter(|_| one.parent.is_none());
        for (place, parent, found) in found(operations, outermost) {
            match found {
                Some(found) => self.in_circle.push((place, found)),
                None => self.missing_parent.push((place, parent)),
            }
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
        let known = &mut self.trace_lasted[one.trace];
        *known = nanos(last_known(operation, began).duration_since(of_trace).unwrap_or_default())
            .max(*known);
        self.outcomes.push(letter(operation.outcome()));
        if operation.invoke.is_none() {
            self.no_invoke.push(place);
        }
        for (at, _) in &operation.slow {
            self.slow.push((place, micros(began, *at)));
        }
        let Some(end) = &operation.end else { return };
        let is_failed = end.outcome == Outcome::Failed;
        if let Some((kind, _)) = end.error().filter(|_| is_failed) {
            self.error.push((place, names.text(kind)));
        }
        if end.told_by().is_some() {
            self.told_inside.push(place);
        }
        if let Some(cause) = end.cause() {
            self.cause.push((place, names.text(cause)));
        }
    }
}

/// How much room there is for messages that stand beside types of errors, in bytes.
const ROOM_OF_EXAMPLES: usize = 1 << 17;

/// The first message of each type of error, as far as there is room.
fn examples(operations: &[Placed<'_>], names: &Names) -> Vec<(usize, String)> {
    let mut seen = HashSet::new();
    let mut room = ROOM_OF_EXAMPLES;
    let mut examples = Vec::new();
    let ends = operations.iter().filter_map(|one| one.operation.end.as_ref());
    for (kind, message) in ends.filter(|end| end.outcome == Outcome::Failed).filter_map(End::error)
    {
        let Some(number) = names.known(kind) else { continue };
        if message.is_empty() || message.len() > room || !seen.insert(number) {
            continue;
        }
        room -= message.len();
        examples.push((number, message.to_owned()));
    }
    examples
}

/// The operations that told in full what others only point to, where they are in the same trace.
fn told_by(operations: &[Placed<'_>]) -> Vec<(usize, usize)> {
    let told = found(operations, |one| one.operation.end.as_ref()?.told_by());
    told.into_iter().filter_map(|(place, _, found)| Some((place, found?))).collect()
}

/// Of each operation that points to another one of its trace: its place, the id of the other, and where that is.
fn found(
    operations: &[Placed<'_>],
    points: impl Fn(&Placed<'_>) -> Option<SpanId>,
) -> Vec<(usize, SpanId, Option<usize>)> {
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
    wanted.into_iter().map(|(place, key)| (place, key.1, places[&key])).collect()
}

/// How long an operation took, or has been open.
fn lasted(operation: &Operation, began: SystemTime, until: SystemTime) -> Duration {
    let end = operation.end.as_ref();
    let at = end.map_or(until, |end| end.at);
    end.and_then(|end| end.duration).unwrap_or_else(|| at.duration_since(began).unwrap_or_default())
}

/// The last moment at which something is known of an operation. An end is written in microseconds and says in nanoseconds how
/// long it took: whichever is later.
fn last_known(operation: &Operation, began: SystemTime) -> SystemTime {
    let slow = operation.slow.last().map(|(at, _)| *at);
    let end = operation.end.as_ref();
    let took = end.and_then(|end| began.checked_add(end.duration?));
    [slow, end.map(|end| end.at), took].into_iter().flatten().max().unwrap_or(began)
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::Map;
    use tracing_invocation::{Level, Record, TraceId};

    use super::*;
    use crate::model::{Forest, Gathering};

    /// Traces of these sizes, one after the other, each a chain.
    fn forest(sizes: &[u64]) -> Forest {
        let mut gathering = Gathering::default();
        for (trace, size) in (1_u32..).zip(sizes) {
            for span in 1..=*size {
                gathering.add(Record {
                    timestamp: SystemTime::UNIX_EPOCH + Duration::from_secs(trace.into()),
                    level: Level::Debug,
                    event_namespace: "shop".to_owned(),
                    event_name: "step".to_owned(),
                    event_outcome: Outcome::Invoke,
                    entity_id: None,
                    trace_id: TraceId::new(trace.into()).unwrap(),
                    span_id: SpanId::new(span).unwrap(),
                    parent_span_id: SpanId::new(span - 1),
                    duration_ns: None,
                    payload_truncated: false,
                    payload: Map::new(),
                });
            }
        }
        Forest::of(gathering)
    }

    /// How many operations of which trace there is room for, and how many are left out.
    fn selected(sizes: &[u64], room: usize) -> (Vec<(String, usize)>, usize) {
        let forest = forest(sizes);
        let selection = Selection::of(&forest, room);
        let details = Details::of(&selection, 0);
        let columns = Columns::of(&selection, &details, None);
        let ids = selection.traces.iter().map(|trace| trace.id.to_string()[31..].to_owned());
        (ids.zip(columns.trace_size).collect(), selection.left_out)
    }

    #[test]
    fn the_latest_traces_have_room_as_a_whole() {
        let of = |trace: &str, size| (trace.to_owned(), size);
        assert_eq!(selected(&[3, 2, 2], 100), (vec![of("1", 3), of("2", 2), of("3", 2)], 0));
        assert_eq!(selected(&[3, 2, 2], 6), (vec![of("2", 2), of("3", 2)], 3));
        assert_eq!(selected(&[1, 9], 4), (vec![of("2", 4)], 6));
    }
}
