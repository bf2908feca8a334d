//! Open operations as a person reads them.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::OpenOperation;
use crate::clock::nanos;
use crate::format::{hostile::push_harmless, time};
use crate::record::SpanId;

/// How many operations one inside the other are told apart by where they stand.
const DEPTH: usize = 10;

/// A table of operations, each below the one that it was begun in, and otherwise in their order.
pub(super) fn text(operations: &[OpenOperation]) -> String {
    let mut text = match operations.len() {
        1 => "1 operation in flight\n".to_owned(),
        many => format!("{many} operations in flight\n"),
    };
    if operations.is_empty() {
        return text;
    }
    text.push_str("       age  polls  operation\n");
    for (at, depth) in tree(operations) {
        push_line(&mut text, &operations[at], depth);
    }
    text
}

fn push_line(text: &mut String, operation: &OpenOperation, depth: usize) {
    let age = time::lasted(nanos(operation.age));
    let polls = operation.polls.map_or_else(|| "-".to_owned(), |polls| polls.to_string());
    // Writing to a `String` does not fail.
    let _ = write!(text, "{age:>10}  {polls:>5}  {}", "  ".repeat(depth.min(DEPTH)));
    if depth > DEPTH {
        let _ = write!(text, "+{} ", depth - DEPTH);
    }
    push_harmless(text, &operation.event_namespace);
    text.push(' ');
    push_harmless(text, &operation.event_name);
    if let Some(entity_id) = &operation.entity_id {
        text.push_str(" [");
        push_harmless(text, entity_id);
        text.push(']');
    }
    let _ = write!(text, "  {}", operation.span_id);
    for awaiting in &operation.awaiting {
        text.push_str("  waits");
        let leaf = awaiting.chain.last();
        for (word, what) in [(" for ", awaiting.on.as_ref()), (" at ", leaf)] {
            if let Some(what) = what {
                text.push_str(word);
                push_harmless(text, what);
            }
        }
    }
    text.push('\n');
}

/// The places of operations, each once and behind the one that it was begun in, and how many it lies in.
fn tree(operations: &[OpenOperation]) -> Vec<(usize, usize)> {
    let places: HashMap<SpanId, usize> =
        operations.iter().enumerate().map(|(at, operation)| (operation.span_id, at)).collect();
    let mut children = HashMap::<usize, Vec<usize>>::new();
    let mut roots = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        let parent = operation.parent_span_id.and_then(|parent| places.get(&parent));
        match parent {
            Some(parent) => children.entry(*parent).or_default().push(at),
            None => roots.push(at),
        }
    }
    // Ids that others gave may lead in a circle: who is reached from no root is one.
    let mut left = vec![true; operations.len()];
    let mut order = Vec::with_capacity(operations.len());
    for root in roots.into_iter().chain(0..operations.len()) {
        let mut stack = vec![(root, 0)];
        while let Some((at, depth)) = stack.pop() {
            if std::mem::take(&mut left[at]) {
                order.push((at, depth));
                let below = children.remove(&at).unwrap_or_default();
                stack.extend(below.into_iter().rev().map(|child| (child, depth + 1)));
            }
        }
    }
    order
}
