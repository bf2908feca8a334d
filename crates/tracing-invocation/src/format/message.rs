//! A record in one sentence, for schemas that want a message.

use serde_json::Value;

use super::hostile::is_hostile;
use super::time::lasted;
use crate::convention::{error, mark, payload};
use crate::payload::text::cut_at;
use crate::record::{Outcome, Record};

/// Characters of each part of a message; the whole of it stands elsewhere in the line.
const PART: usize = 200;

/// What a record says, in one sentence: `shop::worker run cancelled after 12.3 ms: dropped before completion`.
pub(super) fn message(record: &Record) -> String {
    let verb = match record.event_outcome {
        Outcome::Invoke => "began",
        Outcome::Success => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
        Outcome::Unknown => "ended as unknown",
        Outcome::Slow => "is slow",
    };
    let mut message = String::with_capacity(128);
    push_part(&mut message, &record.event_namespace);
    message.push(' ');
    push_part(&mut message, &record.event_name);
    if let Some(entity_id) = &record.entity_id {
        message.push_str(" [");
        push_part(&mut message, entity_id);
        message.push(']');
    }
    message.push(' ');
    message.push_str(verb);
    if let Some(duration) = record.duration_ns {
        let is_over = record.event_outcome.is_terminal();
        message.push_str(if is_over { " after " } else { ", begun " });
        message.push_str(&lasted(duration));
        message.push_str(if is_over { "" } else { " ago" });
    }
    push_why(&mut message, record);
    message
}

/// Why it ended as it did, as far as the record says.
fn push_why(message: &mut String, record: &Record) {
    let told = |key: &str| record.payload.get(key).and_then(Value::as_str);
    let of_error = |key: &str| record.payload.get(payload::ERROR)?.get(key)?.as_str();
    // A cancellation's type says what the verb has said.
    let kind = of_error(error::TYPE)
        .filter(|kind| record.event_outcome == Outcome::Failed && *kind != error::TYPE_OPAQUE);
    let reasons = [kind, of_error(error::MESSAGE), told(payload::UNKNOWN_REASON)];
    for reason in reasons.into_iter().flatten() {
        message.push_str(": ");
        push_part(message, reason);
    }
    for (key, words) in
        [(payload::CAUSED_BY, ", caused by "), (payload::CANCELLED_BY, ", along with ")]
    {
        if let Some(span_id) = told(key) {
            message.push_str(words);
            push_part(message, span_id);
        }
    }
}

/// Appends a text in one line that acts on nothing that shows it.
fn push_part(message: &mut String, part: &str) {
    let end = cut_at(part, PART);
    let shown = part[..end.unwrap_or(part.len())].chars();
    message.extend(shown.map(|c| if is_hostile(c) { ' ' } else { c }));
    if end.is_some() {
        message.push_str(mark::CUT);
    }
}
