//! Chooses the operations that a page has room for.

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
    pub(super) trace: usize,
    /// Where in the selection its parent is.
    pub(super) parent: Option<usize>,
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
