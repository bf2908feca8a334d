//! Selects the payloads that fit on a page.

use serde::Serialize;
use tracing_invocation::Outcome;

use super::html_safe;
use super::selection::{Placed, Selection};
use crate::model::{Operation, Payload};

/// Payloads as lines of JSON, which a browser leaves unread until somebody looks at an operation.
pub(super) struct Details {
    pub(super) lines: Vec<u8>,
    /// By line: the operation that it is of.
    pub(super) told: Vec<usize>,
    /// The operations whose payload there was no room for.
    pub(super) left_out: Vec<usize>,
}

/// What an operation's payloads say.
#[derive(Serialize)]
struct Reason<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    invoke: Option<&'a Payload>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slow: Vec<&'a Payload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'a Payload>,
}

impl Details {
    /// What `room` bytes hold: first of operations that need to be explained, then of the others, in their order.
    pub(super) fn of(selection: &Selection<'_>, room: usize) -> Self {
        let mut details = Self { lines: Vec::new(), told: Vec::new(), left_out: Vec::new() };
        let operations = || selection.operations.iter().enumerate();
        let (first, then): (Vec<_>, Vec<_>) =
            operations().partition(|(_, one)| needs_explaining(one));
        let mut line = Vec::new();
        for (place, one) in first.into_iter().chain(then) {
            let Some(told) = Reason::of(one.operation) else { continue };
            line.clear();
            let is_written = html_safe::to_writer(&mut line, &told).is_ok();
            if is_written && details.lines.len() + line.len() < room {
                details.lines.extend_from_slice(&line);
                details.lines.push(b'\n');
                details.told.push(place);
            } else {
                details.left_out.push(place);
            }
        }
        details.left_out.sort_unstable();
        details
    }
}

impl<'a> Reason<'a> {
    /// `None` where nothing is said that the columns do not have.
    fn of(operation: &'a Operation) -> Option<Self> {
        let end = operation.end.as_ref().map(|end| &end.payload);
        let told = Self {
            invoke: operation.invoke.as_ref().map(|(_, payload)| payload).filter(is_something),
            slow: operation.slow.iter().map(|(_, payload)| payload).collect(),
            end: end.filter(is_something),
        };
        let is_nothing = told.invoke.is_none() && told.slow.is_empty() && told.end.is_none();
        (!is_nothing).then_some(told)
    }
}

fn is_something(payload: &&Payload) -> bool {
    !payload.is_empty()
}

fn needs_explaining(one: &Placed<'_>) -> bool {
    let operation = one.operation;
    operation.outcome() != Some(Outcome::Success) || !operation.slow.is_empty()
}
