//! A record as one line of JSON, written straight from an operation's state.

use crate::clock::{Moment, push_timestamp};
use crate::convention::{error, payload};
use crate::operation::{Ending, Failure, Operation};
use crate::payload::json;
use crate::record::{Level, Outcome};

/// Appends the `invoke` record of `operation` and its newline.
pub(crate) fn push_invoke(to: &mut Vec<u8>, operation: &Operation, now: Moment) {
    push_head(to, operation, now, Outcome::Invoke.level(), Outcome::Invoke);
    to.extend_from_slice(br#","payload":{"#);
    let args = &operation.fields.args;
    if !args.is_empty() {
        push_key(to, payload::ARGS);
        to.push(b'{');
        to.extend_from_slice(args.as_bytes());
        to.extend_from_slice(b"},");
    }
    push_context(to, operation);
    close(to);
}

/// Appends the terminal record of `operation` and its newline.
pub(crate) fn push_terminal(
    to: &mut Vec<u8>,
    operation: &Operation,
    now: Moment,
    level: Level,
    ending: &Ending,
) {
    push_head(to, operation, now, level, ending.outcome());
    to.extend_from_slice(br#","duration_ns":"#);
    let duration = now.monotonic_ns.saturating_sub(operation.invoked_ns);
    json::push_u128(to, duration.into());
    to.extend_from_slice(br#","payload":{"#);
    push_ending(to, ending);
    push_context(to, operation);
    close(to);
}

fn push_head(to: &mut Vec<u8>, operation: &Operation, now: Moment, level: Level, outcome: Outcome) {
    to.extend_from_slice(br#"{"timestamp":""#);
    push_timestamp(to, now.wall_micros);
    to.extend_from_slice(br#"","level":""#);
    to.extend_from_slice(level.as_str().as_bytes());
    to.extend_from_slice(br#"","event_namespace":"#);
    to.extend_from_slice(operation.namespace());
    to.extend_from_slice(br#","event_name":"#);
    to.extend_from_slice(operation.name());
    to.extend_from_slice(br#","event_outcome":""#);
    to.extend_from_slice(outcome.as_str().as_bytes());
    if let Some(entity_id) = operation.entity_id() {
        to.extend_from_slice(br#"","entity_id":"#);
        to.extend_from_slice(entity_id);
        to.extend_from_slice(br#","trace_id":""#);
    } else {
        to.extend_from_slice(br#"","trace_id":""#);
    }
    json::push_hex(to, operation.trace_id, 32);
    to.extend_from_slice(br#"","span_id":""#);
    json::push_hex(to, operation.span_id.into(), 16);
    if let Some(parent) = operation.parent {
        to.extend_from_slice(br#"","parent_span_id":""#);
        json::push_hex(to, parent.span_id.into(), 16);
    }
    to.push(b'"');
}

/// Appends what the ending adds to the payload, each member with a comma behind it.
fn push_ending(to: &mut Vec<u8>, ending: &Ending) {
    match ending {
        Ending::Success { result } => {
            if let Some(result) = result {
                push_key(to, payload::RESULT);
                to.extend_from_slice(result);
                to.push(b',');
            }
        }
        Ending::Failed {
            caused_by: Some(span_id),
            ..
        } => {
            push_span_id(to, payload::CAUSED_BY, *span_id);
        }
        Ending::Failed {
            failure,
            caused_by: None,
        } => push_failure(to, failure),
        Ending::Cancelled { cancelled_by } => {
            push_key(to, payload::CANCELLED);
            to.extend_from_slice(b"true,");
            push_error(to, error::TYPE_CANCELLED, |to| {
                json::push_string(to, error::MESSAGE_CANCELLED);
            });
            if let Some(span_id) = cancelled_by {
                push_span_id(to, payload::CANCELLED_BY, *span_id);
            }
        }
        Ending::Unknown => {}
    }
}

fn push_failure(to: &mut Vec<u8>, failure: &Failure) {
    push_error(to, failure.kind, |to| {
        to.extend_from_slice(&failure.message)
    });
}

fn push_error(to: &mut Vec<u8>, kind: &str, push_message: impl FnOnce(&mut Vec<u8>)) {
    push_key(to, payload::ERROR);
    to.push(b'{');
    push_key(to, error::TYPE);
    json::push_string(to, kind);
    to.push(b',');
    push_key(to, error::MESSAGE);
    push_message(to);
    to.extend_from_slice(b"},");
}

fn push_span_id(to: &mut Vec<u8>, key: &str, span_id: u64) {
    push_key(to, key);
    to.push(b'"');
    json::push_hex(to, span_id.into(), 16);
    to.extend_from_slice(b"\",");
}

fn push_context(to: &mut Vec<u8>, operation: &Operation) {
    let context = &operation.fields.context;
    if context.is_empty() {
        return;
    }
    if operation.callsite.nests_context {
        push_key(to, payload::CONTEXT);
        to.push(b'{');
        to.extend_from_slice(context.as_bytes());
        to.extend_from_slice(b"},");
    } else {
        to.extend_from_slice(context.as_bytes());
        to.push(b',');
    }
}

fn push_key(to: &mut Vec<u8>, key: &str) {
    to.push(b'"');
    to.extend_from_slice(key.as_bytes());
    to.extend_from_slice(b"\":");
}

/// Ends the payload, whose last member may have a comma behind it, and the line.
fn close(to: &mut Vec<u8>) {
    if to.last() == Some(&b',') {
        to.pop();
    }
    to.extend_from_slice(b"}}\n");
}
