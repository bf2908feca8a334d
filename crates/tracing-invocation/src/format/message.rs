//! A record in one sentence, for schemas that want a message.

use std::fmt;

use serde_json::Value;

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
        message.push_str(" after ");
        message.push_str(&Lasted(duration).to_string());
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

/// Appends a text in one line, and without what a terminal would take for a command.
fn push_part(message: &mut String, part: &str) {
    let end = cut_at(part, PART);
    let shown = part[..end.unwrap_or(part.len())].chars();
    let is_a_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    message.extend(shown.map(|c| if is_a_break(c) { ' ' } else { c }));
    if end.is_some() {
        message.push_str(mark::CUT);
    }
}

/// Nanoseconds as a person reads them: three digits and a unit.
struct Lasted(u64);

impl fmt::Display for Lasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: u64 = 1_000_000_000;
        let nanos = self.0;
        let seconds = nanos / SECOND;
        match nanos {
            0..1_000 => write!(f, "{nanos} ns"),
            1_000..1_000_000 => three_digits(f, nanos, 1_000, "µs"),
            1_000_000..SECOND => three_digits(f, nanos, 1_000_000, "ms"),
            _ if seconds < 60 => three_digits(f, nanos, SECOND, "s"),
            _ if seconds < 3_600 => write!(f, "{} min {} s", seconds / 60, seconds % 60),
            _ => write!(f, "{} h {} min", seconds / 3_600, seconds / 60 % 60),
        }
    }
}

fn three_digits(f: &mut fmt::Formatter<'_>, nanos: u64, unit: u64, name: &str) -> fmt::Result {
    let (whole, hundredths) = (nanos / unit, nanos % unit / (unit / 100));
    match whole {
        0..10 => write!(f, "{whole}.{hundredths:02} {name}"),
        10..100 => write!(f, "{whole}.{} {name}", hundredths / 10),
        _ => write!(f, "{whole} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Lasted;

    #[test]
    fn durations_have_three_digits_and_the_unit_that_fits() {
        let shown = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_999, "999 µs"),
            (12_345_678, "12.3 ms"),
            (999_999_999, "999 ms"),
            (1_050_000_000, "1.05 s"),
            (59_999_999_999, "59.9 s"),
            (60_000_000_000, "1 min 0 s"),
            (3_599_999_999_999, "59 min 59 s"),
            (3_600_000_000_000, "1 h 0 min"),
            (u64::MAX, "5124095 h 34 min"),
        ];
        for (nanos, text) in shown {
            assert_eq!(Lasted(nanos).to_string(), text);
        }
    }
}
