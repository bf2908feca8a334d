//! The operations of a log as a tree that is the same however their records were interleaved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use serde_json::Value;

use crate::convention::{cancellation, error, payload};
use crate::record::{Record, SpanId};

/// The operations of a log, without times, ids and order; made by [`Log::tree`](super::Log::tree).
///
/// `Display` gives one line for each operation, indented by two spaces below the operation around it: its name, its entity
/// in brackets, and its outcome, or `open` if it has not ended.
///
/// ```text
/// checkout [order-7] failed, caused by charge
///   charge failed PaymentError: card declined
///   notify cancelled (timeout)
///   reserve success ×3
/// ```
///
/// - Behind `failed` and `cancelled` stand the error's type and text. Where an inner operation has them, its name stands there
///   instead. Why an operation was cancelled, or is unknown, stands in parentheses where the record says it.
/// - Operations side by side are sorted by their text, so the order in which they ran does not show. Those that are equal
///   in everything, the operations inside them included, are written once, with their number behind `×`.
/// - `slow` records are left out, as are namespaces, levels and the rest of the payload. A line break in a text is written
///   as `\n`.
#[derive(Clone, PartialEq, Eq)]
pub struct Tree(String);

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An operation, put together from its records.
struct Node<'a> {
    /// One of its records.
    record: &'a Record,
    ends: Vec<&'a Record>,
    children: Vec<SpanId>,
}

impl Tree {
    pub(super) fn of(records: &[Record]) -> Self {
        let mut nodes: BTreeMap<SpanId, Node<'_>> = BTreeMap::new();
        for record in records {
            let new = || Node { record, ends: Vec::new(), children: Vec::new() };
            let node = nodes.entry(record.span_id).or_insert_with(new);
            if record.event_outcome.is_terminal() {
                // What is known last of its entity is the most.
                node.record = record;
                node.ends.push(record);
            }
        }
        let mut roots = Vec::new();
        let parents: Vec<_> =
            nodes.iter().map(|(id, node)| (*id, node.record.parent_span_id)).collect();
        for (id, parent) in &parents {
            match parent.and_then(|parent| nodes.get_mut(&parent)) {
                Some(parent) => parent.children.push(*id),
                None => roots.push(*id),
            }
        }
        cut_circles(&mut nodes, &mut roots, &parents);
        let mut text = String::new();
        for (branch, times) in sorted(branches(&nodes, &roots)) {
            push(&mut text, branch, times);
        }
        Self(text)
    }
}

/// Makes a root of one operation in each circle of parents: a `traceparent` may name an operation inside the one it is of.
fn cut_circles(
    nodes: &mut BTreeMap<SpanId, Node<'_>>,
    roots: &mut Vec<SpanId>,
    parents: &[(SpanId, Option<SpanId>)],
) {
    let mut reached = BTreeSet::new();
    let mut reach = |from: &[SpanId], nodes: &BTreeMap<SpanId, Node<'_>>| {
        let mut waiting = from.to_vec();
        while let Some(id) = waiting.pop() {
            reached.insert(id);
            waiting.extend(nodes.get(&id).into_iter().flat_map(|node| &node.children));
        }
        parents.iter().find(|(id, _)| !reached.contains(id)).copied()
    };
    let mut next = reach(roots, nodes);
    while let Some((id, parent)) = next {
        if let Some(parent) = parent.and_then(|parent| nodes.get_mut(&parent)) {
            parent.children.retain(|child| *child != id);
        }
        roots.push(id);
        next = reach(&[id], nodes);
    }
}

/// An operation's line, and all that are below it, the outermost first, each with its depth.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Branch(Vec<(usize, String)>);

/// The branches of `roots`. Without recursion: operations may be nested deeper than a stack is.
fn branches(nodes: &BTreeMap<SpanId, Node<'_>>, roots: &[SpanId]) -> Vec<Branch> {
    let mut done: BTreeMap<SpanId, Branch> = BTreeMap::new();
    let mut waiting: Vec<_> = roots.iter().map(|id| (*id, false)).collect();
    while let Some((id, has_children)) = waiting.pop() {
        let Some(node) = nodes.get(&id) else {
            continue;
        };
        if !has_children {
            waiting.push((id, true));
            waiting.extend(node.children.iter().map(|child| (*child, false)));
            continue;
        }
        let children = node.children.iter().filter_map(|child| done.remove(child)).collect();
        let mut lines = vec![(0, line(node, nodes))];
        for (Branch(below), times) in sorted(children) {
            let first = lines.len();
            lines.extend(below.into_iter().map(|(depth, line)| (depth + 1, line)));
            multiply(&mut lines[first].1, times);
        }
        done.insert(id, Branch(lines));
    }
    roots.iter().filter_map(|root| done.remove(root)).collect()
}

/// Branches in the order of their text, and how often each is there.
fn sorted(mut branches: Vec<Branch>) -> Vec<(Branch, usize)> {
    branches.sort_unstable();
    let mut counted: Vec<(Branch, usize)> = Vec::new();
    for branch in branches {
        match counted.last_mut() {
            Some((last, times)) if *last == branch => *times += 1,
            _ => counted.push((branch, 1)),
        }
    }
    counted
}

fn push(text: &mut String, Branch(mut lines): Branch, times: usize) {
    multiply(&mut lines[0].1, times);
    for (depth, line) in lines {
        text.extend(std::iter::repeat_n("  ", depth));
        text.push_str(&line);
        text.push('\n');
    }
}

fn multiply(line: &mut String, times: usize) {
    if times > 1 {
        let _ = write!(line, " ×{times}");
    }
}

fn line(node: &Node<'_>, nodes: &BTreeMap<SpanId, Node<'_>>) -> String {
    let mut line = named(node.record);
    if node.ends.is_empty() {
        line.push_str(" open");
    }
    for (place, end) in node.ends.iter().enumerate() {
        // More than one would be a defect of this crate: shown, not hidden.
        line.push_str(if place == 0 { " " } else { " and " });
        push_ending(&mut line, end, nodes);
    }
    line
}

/// The name of an operation, and what it works on.
pub(super) fn named(record: &Record) -> String {
    let mut named = String::new();
    push_escaped(&mut named, &record.event_name);
    if let Some(entity_id) = &record.entity_id {
        named.push_str(" [");
        push_escaped(&mut named, entity_id);
        named.push(']');
    }
    named
}

fn push_ending(line: &mut String, end: &Record, nodes: &BTreeMap<SpanId, Node<'_>>) {
    line.push_str(end.event_outcome.as_str());
    let at = |key: &str| end.payload.get(key);
    let inner = at(payload::CAUSED_BY)
        .map(|id| (", caused by ", id))
        .or_else(|| at(payload::CANCELLED_BY).map(|id| (" along with ", id)));
    if let Some((by, id)) = inner {
        let name = id.as_str().and_then(|id| id.parse().ok()).and_then(|id| nodes.get(&id));
        line.push_str(by);
        push_escaped(
            line,
            name.map_or("an operation that is not in the log", |node| &node.record.event_name),
        );
        return;
    }
    let text = |of: Option<&Value>, key: &str| {
        of.and_then(|value| value.get(key)).and_then(Value::as_str).map(str::to_owned)
    };
    let why = at(payload::CANCELLATION);
    let unknown = at(payload::UNKNOWN_REASON).and_then(Value::as_str).map(str::to_owned);
    let keys = [cancellation::CAUSE, cancellation::PARENT_CAUSE, cancellation::REASON];
    let reasons = keys.map(|key| text(why, key)).into_iter().chain([unknown]);
    let reasons: Vec<_> = reasons.flatten().collect();
    if !reasons.is_empty() {
        line.push_str(" (");
        push_escaped(line, &reasons.join(": "));
        line.push(')');
    }
    let told = at(payload::ERROR);
    // The error of an operation that was dropped says no more than its outcome.
    if let Some(kind) = text(told, error::TYPE).filter(|kind| kind != error::TYPE_CANCELLED) {
        line.push(' ');
        push_escaped(line, &kind);
        line.push_str(": ");
        push_escaped(line, &text(told, error::MESSAGE).unwrap_or_default());
    }
}

fn push_escaped(line: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
}
