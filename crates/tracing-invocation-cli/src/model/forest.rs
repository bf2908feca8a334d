//! Arranges operations as trees.

use foldhash::{HashMap, HashMapExt as _};
use tracing_invocation::{SpanId, TraceId};

use super::{Gathering, Operation};

/// The traces of a log, the earliest first.
#[derive(Debug, Default)]
pub(crate) struct Forest {
    pub(crate) traces: Vec<Trace>,
}

/// The operations of a trace, and how they are nested.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) id: TraceId,
    /// In the order in which they began.
    pub(crate) operations: Vec<Operation>,
    /// The children of each operation.
    children: Vec<Vec<usize>>,
    /// The outermost operations: those without a parent, those whose parent is not in the log, and one of each cycle. Cycles
    /// occur only in damaged or hostile logs.
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
        // Operations that began at the same time: those without a parent come first.
        operations
            .sort_by_cached_key(|one| (one.began(), one.parent_span_id.is_some(), one.span_id));
        let places: HashMap<SpanId, usize> =
            operations.iter().enumerate().map(|(index, one)| (one.span_id, index)).collect();
        let parent = |one: &Operation| places.get(&one.parent_span_id?).copied();
        let mut parents: Vec<_> = operations.iter().map(parent).collect();
        break_cycles(&mut parents);
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

    /// Returns the children of an operation, the earliest first.
    pub(crate) fn children(&self, index: usize) -> &[usize] {
        &self.children[index]
    }

    /// Returns every operation with its depth, parents before children. Does not recurse, so a deep trace cannot overflow the
    /// stack.
    pub(crate) fn walk(&self) -> impl Iterator<Item = (usize, usize)> {
        Walk { trace: self, rest: self.roots.iter().rev().map(|root| (0, *root)).collect() }
    }
}

/// Breaks each cycle: removes the parent of its operation with the smallest index.
///
/// Follows the parents from each operation and marks the way with the starting point. Reaching a mark of the same start
/// means a cycle; a mark of an earlier start means that the rest of the way is known. So each operation is visited once.
fn break_cycles(parents: &mut [Option<usize>]) {
    // The start from which each operation was first reached.
    let mut reached_from = vec![None; parents.len()];
    for start in 0..parents.len() {
        let mut inner = start;
        loop {
            if reached_from[inner].is_some() {
                break;
            }
            reached_from[inner] = Some(start);
            match parents[inner] {
                // The way has come back to itself.
                Some(outer) if reached_from[outer] == Some(start) => {
                    let around = std::iter::successors(parents[outer], |index| parents[*index]);
                    let cycle = around.take_while(|index| *index != outer).chain([outer]);
                    let first = cycle.min().unwrap_or(outer);
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
        fn every_operation_is_in_exactly_one_place_whatever_the_parents(
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
                // A root has no parent in the log, or it is part of a cycle.
                for root in &trace.roots {
                    let ids: Vec<_> = trace.operations.iter().map(|one| one.span_id).collect();
                    let parent = trace.operations[*root].parent_span_id;
                    let is_there = parent.is_some_and(|parent| ids.contains(&parent));
                    let inside = Walk { trace, rest: vec![(0, *root)] };
                    let is_cycle = inside.map(|(_, index)| trace.operations[index].span_id).any(|id| Some(id) == parent);
                    prop_assert!(!is_there || is_cycle);
                }
            }
        }
    }
}
