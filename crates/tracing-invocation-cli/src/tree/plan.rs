//! Decides which operations of a trace share a line.

use foldhash::HashMap;
use tracing_invocation::{Outcome, SpanId};

use crate::model::{Operation, Trace};
use crate::render::{self, Reason};

/// So many alike are told as one.
const RUN: usize = 3;

/// A trace, and what its lines are made of.
pub(super) struct Plan<'a> {
    pub(super) trace: &'a Trace,
    is_unfolded: bool,
    places: HashMap<SpanId, usize>,
    /// By operation: how many are inside it, however deep.
    inside: Vec<usize>,
    /// By operation: whether all inside it ended well, and in time.
    is_calm_inside: Vec<bool>,
}

/// Operations that are shown on one line.
#[derive(Debug)]
pub(super) enum Entry {
    /// Nested operations that ended by the same, the outermost first; or one that stands for itself.
    Chain(Vec<usize>),
    /// Siblings that are alike.
    Run(Vec<usize>),
    /// Those inside an operation that does not stand where it should.
    Orphans(SpanId, Vec<usize>),
}

impl<'a> Plan<'a> {
    pub(super) fn of(trace: &'a Trace, is_unfolded: bool) -> Self {
        let all = &trace.operations;
        let places = all.iter().enumerate().map(|(index, one)| (one.span_id, index)).collect();
        let mut inside = vec![0; all.len()];
        let mut is_calm_inside = vec![true; all.len()];
        let outer_first: Vec<_> = trace.walk().map(|(_, index)| index).collect();
        for index in outer_first.into_iter().rev() {
            for child in trace.children(index) {
                inside[index] += inside[*child] + 1;
                is_calm_inside[index] &= is_calm_inside[*child] && is_calm(&all[*child]);
            }
        }
        Self { trace, is_unfolded, places, inside, is_calm_inside }
    }

    pub(super) fn operation(&self, index: usize) -> &'a Operation {
        &self.trace.operations[index]
    }

    pub(super) fn find(&self, id: SpanId) -> Option<&'a Operation> {
        self.places.get(&id).map(|index| self.operation(*index))
    }

    /// How many operations are inside one, however deep.
    pub(super) fn inside(&self, index: usize) -> usize {
        self.inside[index]
    }

    /// What an operation tells of its end in full.
    pub(super) fn told(&self, index: usize) -> Option<Reason> {
        let end = self.operation(index).end.as_ref()?;
        if end.told_by().is_some() {
            return None;
        }
        render::end(end.outcome, &end.payload, |id| self.find(id).map(called))
    }

    /// What stands outermost. Those inside the same operation that is not there stand below its place.
    pub(super) fn outermost(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut places = HashMap::default();
        for root in &self.trace.roots {
            let Some(parent) = self.operation(*root).parent_span_id else {
                entries.push(vec![*root]);
                continue;
            };
            let place = *places.entry(parent).or_insert(entries.len());
            match entries.get_mut(place) {
                Some(orphans) => orphans.push(*root),
                None => entries.push(vec![*root]),
            }
        }
        let entry = |all: Vec<usize>| match self.operation(all[0]).parent_span_id {
            Some(parent) => Entry::Orphans(parent, all),
            None => self.chain(all[0]),
        };
        entries.into_iter().map(entry).collect()
    }

    /// What is shown directly below an entry.
    pub(super) fn below(&self, entry: &Entry) -> Vec<Entry> {
        match entry {
            Entry::Run(_) => Vec::new(),
            Entry::Chain(chain) => {
                let innermost = chain.last().map(|index| self.trace.children(*index));
                self.siblings(innermost.unwrap_or_default())
            }
            Entry::Orphans(_, orphans) => self.siblings(orphans),
        }
    }

    fn siblings(&self, siblings: &[usize]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for run in siblings.chunk_by(|one, next| self.are_alike(*one, *next)) {
            if run.len() >= RUN {
                entries.push(Entry::Run(run.to_vec()));
            } else {
                entries.extend(run.iter().map(|index| self.chain(*index)));
            }
        }
        entries
    }

    fn are_alike(&self, one: usize, next: usize) -> bool {
        let (first, second) = (self.operation(one), self.operation(next));
        let is_plain =
            |index: usize| self.is_calm_inside[index] && self.operation(index).slow.is_empty();
        !self.is_unfolded
            && first.name == second.name
            && first.namespace == second.namespace
            && first.outcome() == second.outcome()
            && is_plain(one)
            && is_plain(next)
            && teller(first) == teller(second)
            && self.told(one) == self.told(next)
    }

    /// An operation and, where it ended by what one inside it told, those that did so with it.
    fn chain(&self, outermost: usize) -> Entry {
        let mut chain = vec![outermost];
        let mut last = outermost;
        while let Some(inner) = self.along_with(last) {
            chain.push(inner);
            last = inner;
        }
        Entry::Chain(chain)
    }

    /// The only operation inside one, where both ended by the same.
    fn along_with(&self, outer: usize) -> Option<usize> {
        let [inner] = self.trace.children(outer) else { return None };
        let (one, other) = (self.operation(outer), self.operation(*inner));
        let teller_of_one = teller(one)?;
        let is_same = teller_of_one == other.span_id || teller(other) == Some(teller_of_one);
        let is_folded = !self.is_unfolded
            && is_same
            && one.outcome() == other.outcome()
            && one.slow.is_empty()
            && other.slow.is_empty();
        is_folded.then_some(*inner)
    }
}

fn is_calm(one: &Operation) -> bool {
    one.outcome() == Some(Outcome::Success) && one.slow.is_empty()
}

/// Who tells in full what an operation ended by.
pub(super) fn teller(one: &Operation) -> Option<SpanId> {
    one.end.as_ref()?.told_by()
}

/// What an operation is called.
pub(super) fn called(one: &Operation) -> String {
    format!("{} {}", one.namespace, one.name)
}
