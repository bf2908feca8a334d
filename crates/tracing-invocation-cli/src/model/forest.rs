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
        // At one and the same moment, those inside others come after them, as far as an id tells.
        operations
            .sort_by_cached_key(|one| (one.began(), one.parent_span_id.is_some(), one.span_id));
        let places: HashMap<SpanId, usize> =
            operations.iter().enumerate().map(|(index, one)| (one.span_id, index)).collect();
        let mut children = vec![Vec::new(); operations.len()];
        let parent = |index: usize| {
            let parent = operations[index].parent_span_id?;
            places.get(&parent).copied().filter(|parent| *parent != index)
        };
        let parents: Vec<_> = (0..operations.len()).map(parent).collect();
        let mut roots = Vec::new();
        for (index, parent) in parents.iter().enumerate() {
            match parent {
                Some(parent) => children[*parent].push(index),
                None => roots.push(index),
            }
        }
        let mut trace = Self { id, operations, children, roots };
        trace.break_circles(&parents);
        trace
    }

    /// Makes a root of what no root leads to.
    fn break_circles(&mut self, parents: &[Option<usize>]) {
        let mut is_reached = vec![false; self.operations.len()];
        self.walk().for_each(|(_, index)| is_reached[index] = true);
        for index in 0..self.operations.len() {
            if is_reached[index] {
                continue;
            }
            if let Some(parent) = parents[index] {
                self.children[parent].retain(|child| *child != index);
            }
            self.roots.push(index);
            Walk { trace: self, rest: vec![(0, index)] }
                .for_each(|(_, index)| is_reached[index] = true);
        }
    }

    /// Whether an operation is said to be inside one that the log does not have.
    pub(crate) fn is_parent_missing(&self, index: usize) -> bool {
        self.operations[index].parent_span_id.is_some() && self.roots.contains(&index)
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
