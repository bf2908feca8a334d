//! A record as one line of JSON, written straight from an operation's state.

use crate::clock::{self, Moment};
use crate::convention::payload;
use crate::head;
use crate::operation::{Failure, How, Operation, Settled, Slow};
use crate::payload::{Fragment, json};
use crate::record::{Level, Outcome};

/// The `invoke` record of `operation` and its newline, in an empty buffer. `context` stands in the place of the
/// operation's own where there is one.
#[inline]
pub(crate) fn invoke(
    mut line: Vec<u8>,
    operation: &mut Operation,
    now: Moment,
    level: Level,
    context: Option<&Fragment>,
) -> Vec<u8> {
    let to = &mut line;
    push_head(to, operation, now, level, Outcome::Invoke);
    to.extend_from_slice(br#","payload":{"#);
    let args = &operation.fields.args;
    if !args.is_empty() {
        push_key(to, payload::ARGS);
        to.push(b'{');
        to.extend_from_slice(args.as_bytes());
        to.extend_from_slice(b"},");
    }
    push_context(to, operation, context);
    close(to);
    line
}

/// The terminal record of `operation` and its newline, in an empty buffer.
#[inline]
pub(crate) fn terminal(
    mut line: Vec<u8>,
    operation: &mut Operation,
    now: Moment,
    level: Level,
    settled: &Settled,
    context: Option<&Fragment>,
) -> Vec<u8> {
    let to = &mut line;
    push_head(to, operation, now, level, settled.ending.outcome());
    to.extend_from_slice(br#","duration_ns":"#);
    let duration_ns = now.monotonic_ns.saturating_sub(operation.invoked_ns);
    json::push_u64(to, duration_ns);
    to.extend_from_slice(br#","payload":{"#);
    push_ending(to, settled);
    if let Some(why) = &operation.why
        && settled.ending.is_drop()
        && !why.told.is_empty()
    {
        push_key(to, payload::CANCELLATION);
        to.push(b'{');
        to.extend_from_slice(why.told.as_bytes());
        to.extend_from_slice(b"},");
    }
    if let Some(progress) = &operation.progress {
        let end = (&settled.ending.how, operation.entered());
        progress.push(to, duration_ns, now.monotonic_ns, end);
    }
    // Whoever told it in full stands inside, and inherits the same.
    let is_plain = matches!(settled.ending.how, How::Success(_)) || settled.reporter.is_some();
    if !is_plain {
        push_inherited(to, operation);
    }
    push_context(to, operation, context);
    close(to);
    line
}

/// The `slow` record of `operation` and its newline, in an empty buffer.
pub(crate) fn slow(
    mut line: Vec<u8>,
    operation: &mut Operation,
    now: Moment,
    level: Level,
    slow: Slow,
    context: Option<&Fragment>,
) -> Vec<u8> {
    let to = &mut line;
    push_head(to, operation, now, level, Outcome::Slow);
    to.extend_from_slice(br#","duration_ns":"#);
    let age_ns = now.monotonic_ns.saturating_sub(operation.invoked_ns);
    json::push_u64(to, age_ns);
    to.extend_from_slice(br#","payload":{"#);
    slow.push(to, age_ns);
    push_inherited(to, operation);
    push_context(to, operation, context);
    close(to);
    line
}

#[inline(always)]
fn push_head(
    to: &mut Vec<u8>,
    operation: &mut Operation,
    now: Moment,
    level: Level,
    outcome: Outcome,
) {
    match operation.own_names() {
        None => to.extend_from_slice(operation.callsite.head(level, outcome)),
        Some((namespace, name)) => head::push(to, level, namespace, name, outcome),
    }
    head::set_timestamp(to, &clock::timestamp(now.wall_micros));
    if let Some(entity_id) = operation.entity_id() {
        head::insert_entity(to, entity_id);
    }
    head::set_ids(to, operation.place.digits());
    if let Some(span_id) = operation.parent_span_id() {
        head::push_parent(to, span_id);
    }
    to.push(b'"');
}

/// Appends what the ending adds to the payload, each member with a comma behind it.
fn push_ending(to: &mut Vec<u8>, settled: &Settled) {
    let (how, reporter) = (&settled.ending.how, settled.reporter);
    match how {
        How::Success(Some(result)) => {
            push_key(to, payload::RESULT);
            to.extend_from_slice(&result.json);
            to.push(b',');
        }
        How::Failed(failure, _) => {
            if let Some(span_id) = reporter {
                push_span_id(to, payload::CAUSED_BY, span_id);
            } else if !settled.is_suppressed() {
                push_error(to, failure);
            }
        }
        How::Cancelled(error) => {
            push_key(to, payload::CANCELLED);
            to.extend_from_slice(b"true,");
            match error {
                Some(error) => push_error(to, error),
                None => to.extend_from_slice(DROPPED),
            }
            if let Some(span_id) = reporter {
                push_span_id(to, payload::CANCELLED_BY, span_id);
            }
        }
        How::Unknown(Some(reason)) => {
            push_key(to, payload::UNKNOWN_REASON);
            json::push_string(to, reason);
            to.push(b',');
        }
        How::Success(None) | How::Unknown(None) => {}
    }
    if let Some(items) = settled.ending.items {
        push_key(to, payload::ITEM_COUNT);
        json::push_u64(to, items);
        to.push(b',');
    }
}

/// The error of every cancellation by a drop.
const DROPPED: &[u8] = br#""error":{"type":"cancelled","message":"dropped before completion"},"#;

fn push_error(to: &mut Vec<u8>, error: &Failure) {
    error.kind.push_head(to);
    to.extend_from_slice(&error.message);
    if !error.more.is_empty() {
        to.push(b',');
        to.extend_from_slice(error.more.as_bytes());
    }
    to.extend_from_slice(b"},");
}

fn push_span_id(to: &mut Vec<u8>, key: &str, span_id: u64) {
    push_key(to, key);
    to.push(b'"');
    to.extend_from_slice(&json::hex(span_id));
    to.extend_from_slice(b"\",");
}

fn push_inherited(to: &mut Vec<u8>, operation: &Operation) {
    if let Some(inherited) = &operation.inherited {
        inherited.push(to);
    }
}

#[inline(always)]
fn push_context(to: &mut Vec<u8>, operation: &Operation, shaped: Option<&Fragment>) {
    let context = shaped.unwrap_or(&operation.fields.context);
    if context.is_empty() {
        return;
    }
    let nests = match shaped {
        Some(shaped) => payload::RESERVED.iter().any(|name| shaped.has(name)),
        None => operation.callsite.nests_context,
    };
    if nests {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convention::error;

    #[test]
    fn the_error_of_a_drop_is_the_conventions() {
        let words = [error::TYPE_CANCELLED, error::MESSAGE_CANCELLED];
        let [kind, message] = words;
        let error = format!(r#""error":{{"type":"{kind}","message":"{message}"}},"#);
        assert_eq!(error.as_bytes(), DROPPED);
    }
}
