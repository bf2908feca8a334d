//! Operations as trees.

use foldhash::{HashMap, HashMapExt as _};
use tracing_invocation::{SpanId, TraceId};

use super::{Gathering, Operation};

/// The operations of a log, by trace, the earliest first.
#[derive(Debug, Default)]
pub(crate) struct Forest {
    pub(crate) traces: Vec<Trace>,
}

/// The operations that share a trace, and how they are nested.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) id: TraceId,
    /// In the order in which they began.
    pub(crate) operations: Vec<Operation>,
    /// By operation: those begun directly inside it.
    children: Vec<Vec<usize>>,
    /// What stands outermost: operations without a parent, those whose parent is not in the log, and one of each circle
    /// of operations that are said to be inside one another.
    pub(crate) roots: Vec<usize>,
}

impl Forest {
    pub(crate) fn of(gathering: Gathering) -> Self {
        let mut by_trace: HashMap<TraceId, Vec<Operation>> = HashMap::new();
        for operation in gathering.operations.into_values() {
            by_trace.entry(operation.trace_id).or_default().push(operation);
        }
        let mut traces: Vec<_> = by_trace.into_iter().map(|(id, all)| Trace::of(id, all)).collect();
        traces
            .sort_by_cached_key(|trace| (trace.operations.first().map(Operation::began), trace.id));
        Self { traces }
    }
}

impl Trace {
    fn of(id: TraceId, mut operations: Vec<Operation>) -> Self {
        for operation in &mut operations {
            operation.slow.sort_by_key(|(at, _)| *at);
        }
        // At one and the same moment, those inside others come after them, as far as an id tells.
        operations
            .sort_by_cached_key(|one| (one.began(), one.parent_span_id.is_some(), one.span_id));
        let places: HashMap<SpanId, usize> =
            operations.iter().enumerate().map(|(index, one)| (one.span_id, index)).collect();
        let parent = |one: &Operation| places.get(&one.parent_span_id?).copied();
        let mut parents: Vec<_> = operations.iter().map(parent).collect();
        break_circles(&mut parents);
        let mut children = vec![Vec::new(); operations.len()];
        let mut roots = Vec::new();
        for (index, parent) in parents.iter().enumerate() {
            match parent {
                Some(parent) => children[*parent].push(index),
                None => roots.push(index),
            }
        }
        Self { id, operations, children, roots }
    }

    /// The operations begun directly inside one, the earliest first.
    pub(crate) fn children(&self, index: usize) -> &[usize] {
        &self.children[index]
    }

    /// Every operation and how deep it stands, an outer one before those inside it. However deep, nothing recurses.
    pub(crate) fn walk(&self) -> impl Iterator<Item = (usize, usize)> {
        Walk { trace: self, rest: self.roots.iter().rev().map(|root| (0, *root)).collect() }
    }
}

/// Takes one parent out of each circle of operations that are said to be inside one another: that of the first.
fn break_circles(parents: &mut [Option<usize>]) {
    // By operation: the one from which it was first reached on the way outwards.
    let mut reached_from = vec![None; parents.len()];
    for start in 0..parents.len() {
        let mut inner = start;
        loop {
            if reached_from[inner].is_some() {
                break;
            }
            reached_from[inner] = Some(start);
            match parents[inner] {
                // The way outwards came back to itself.
                Some(outer) if reached_from[outer] == Some(start) => {
                    let around = std::iter::successors(parents[outer], |index| parents[*index]);
                    let circle = around.take_while(|index| *index != outer).chain([outer]);
                    let first = circle.min().unwrap_or(outer);
                    parents[first] = None;
                    break;
                }
                Some(outer) => inner = outer,
                None => break,
            }
        }
    }
}

struct Walk<'a> {
    trace: &'a Trace,
    rest: Vec<(usize, usize)>,
}

impl Iterator for Walk<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (depth, index) = self.rest.pop()?;
        self.rest.extend(self.trace.children(index).iter().rev().map(|child| (depth + 1, *child)));
        Some((depth, index))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Gathering;
    use crate::presets::tests::record;

    proptest! {
        #[test]
        fn every_operation_stands_in_one_place_whatever_is_said_to_be_inside_what(
            records in prop::collection::vec((record(), 1..12_u64, prop::option::of(1..14_u64)), 0..24),
        ) {
            let mut gathering = Gathering::default();
            for (mut record, span, parent) in records {
                record.trace_id = TraceId::new(1).unwrap();
                record.span_id = SpanId::new(span).unwrap();
                record.parent_span_id = parent.and_then(SpanId::new);
                gathering.add(record);
            }
            let forest = Forest::of(gathering);
            for trace in &forest.traces {
                let mut around = Vec::new();
                let mut seen = vec![false; trace.operations.len()];
                for (depth, index) in trace.walk() {
                    prop_assert!(!std::mem::replace(&mut seen[index], true), "once");
                    around.truncate(depth);
                    let one = &trace.operations[index];
                    match around.last() {
                        Some(outer) => prop_assert_eq!(one.parent_span_id, Some(*outer)),
                        None => prop_assert!(trace.roots.contains(&index)),
                    }
                    around.push(one.span_id);
                }
                prop_assert!(seen.iter().all(|seen| *seen), "all");
                // Outermost are only those of which the parent is not there, and one of each circle.
                for root in &trace.roots {
                    let ids: Vec<_> = trace.operations.iter().map(|one| one.span_id).collect();
                    let parent = trace.operations[*root].parent_span_id;
                    let is_there = parent.is_some_and(|parent| ids.contains(&parent));
                    let inside = Walk { trace, rest: vec![(0, *root)] };
                    let is_circle = inside.map(|(_, index)| trace.operations[index].span_id).any(|id| Some(id) == parent);
                    prop_assert!(!is_there || is_circle);
                }
            }
        }
    }
}
