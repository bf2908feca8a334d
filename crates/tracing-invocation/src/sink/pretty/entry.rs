//! A record as a person reads it.

use anstyle::Style;
use serde_json::{Map, Value};

use super::color::{self, DIM, ERROR, LOST, NAME, PLAIN};
use super::page::Page;
use super::value;
use crate::convention::{cancellation, delivery, error, inherited, payload, progress, slow};
use crate::format::time;
use crate::record::{Outcome, Record};

/// Characters of a name, a key or a value.
const VALUE: usize = 120;
/// Characters of an error's message, and of each of its causes.
const MESSAGE: usize = 400;
/// How many causes of an error are told.
const CAUSES: usize = 10;
/// How many operations one inside the other are told apart by where they stand.
const DEPTH: usize = 10;
/// Columns in front of the names of operations at the root: the time, the sign and the word.
const MARGIN: usize = 26;

/// The text of a record, newlines included.
pub(super) fn text(record: Record, depth: usize, has_color: bool) -> String {
    let mut entry = Entry { page: Page::new(has_color), depth };
    match losses(&record) {
        Some((message, details)) => entry.put_losses(&record, message, details),
        None => entry.put_record(record),
    }
    entry.page.finish()
}

struct Entry {
    page: Page,
    depth: usize,
}

impl Entry {
    fn put_record(&mut self, record: Record) {
        let style = color::of_outcome(record.event_outcome, record.level);
        self.put_margin(&record, sign(record.event_outcome), record.event_outcome.as_str(), style);
        self.put_place();
        let has_ended = record.event_outcome.is_terminal();
        self.page.put(if has_ended { NAME } else { PLAIN }, &record.event_name, VALUE);
        if let Some(entity) = &record.entity_id {
            self.page.put_own(PLAIN, " ");
            self.page.put(PLAIN, &value::word(entity), VALUE);
        }
        if let Some(nanos) = record.duration_ns {
            self.put_part(PLAIN, &time::lasted(nanos));
        }
        let mut rest = record.payload;
        if record.event_outcome == Outcome::Cancelled {
            take(&mut rest, payload::CANCELLED, |value| *value == Value::Bool(true));
        }
        let wrong = take(&mut rest, payload::ERROR, Value::is_object);
        let cause = take(&mut rest, payload::CANCELLATION, |_| true);
        self.put_arguments(&mut rest);
        self.put_result(&mut rest);
        let notes = notes(&mut rest);
        self.put_fields(&mut rest);
        for note in &notes {
            self.page.put_own(DIM, "  — ");
            self.page.put(DIM, note, VALUE);
        }
        self.put_origin(&record.event_namespace, &record.span_id.to_string());
        if record.payload_truncated {
            self.put_part(DIM, "(shortened)");
        }
        if let Some(Value::Object(wrong)) = wrong {
            self.put_error(wrong);
        }
        if let Some(cause) = cause {
            self.put_cancellation(&cause);
        }
    }

    /// What is missing from the log. It stands for no operation of the program's, and must not look like one.
    fn put_losses(&mut self, record: &Record, message: &str, details: &Map<String, Value>) {
        self.put_margin(record, "!", "lost", LOST);
        self.page.put(LOST, message, MESSAGE);
        for (key, value) in details {
            // The message says how many, and most of the reasons have none.
            if key != delivery::LOST && *value != 0 {
                self.put_field(key, value);
            }
        }
    }

    fn put_margin(&mut self, record: &Record, sign: &str, word: &str, style: Style) {
        self.page.put_own(DIM, &time::of_day(record.timestamp));
        self.page.put_own(PLAIN, " ");
        self.page.put_own(style, &format!("{sign} {word:<9} "));
    }

    /// Stands to the right of what is around it.
    fn put_place(&mut self) {
        self.page.put_own(PLAIN, &"  ".repeat(self.depth.min(DEPTH)));
        if self.depth > DEPTH {
            self.page.put_own(DIM, &format!("+{} ", self.depth - DEPTH));
        }
    }

    fn put_arguments(&mut self, rest: &mut Map<String, Value>) {
        let Some(Value::Object(arguments)) = take(rest, payload::ARGS, Value::is_object) else {
            return;
        };
        self.page.put_own(PLAIN, "  (");
        for (number, (key, value)) in arguments.iter().enumerate() {
            self.page.put_own(PLAIN, if number == 0 { "" } else { ", " });
            self.put_pair(key, value);
        }
        self.page.put_own(PLAIN, ")");
    }

    fn put_result(&mut self, rest: &mut Map<String, Value>) {
        if let Some(result) = rest.remove(payload::RESULT) {
            self.page.put_own(DIM, "  = ");
            self.page.put(PLAIN, &value::text(&result), VALUE);
        }
    }

    /// Context, wherever it is.
    fn put_fields(&mut self, rest: &mut Map<String, Value>) {
        let moved = take(rest, payload::CONTEXT, Value::is_object);
        for (key, value) in &*rest {
            self.put_field(key, value);
        }
        if let Some(Value::Object(moved)) = moved {
            for (key, value) in &moved {
                self.put_field(key, value);
            }
        }
    }

    fn put_origin(&mut self, namespace: &str, span_id: &str) {
        self.page.put_own(PLAIN, "  ");
        self.page.put(DIM, namespace, VALUE);
        self.page.put_own(DIM, &format!(" {}", short(span_id)));
    }

    fn put_error(&mut self, mut wrong: Map<String, Value>) {
        let kind = take_text(&mut wrong, error::TYPE);
        let message = take_text(&mut wrong, error::MESSAGE);
        let says_nothing = kind.as_deref() == Some(error::TYPE_CANCELLED)
            && message.as_deref() == Some(error::MESSAGE_CANCELLED);
        let kind = kind.filter(|kind| kind != error::TYPE_OPAQUE);
        if !says_nothing && (kind.is_some() || message.is_some()) {
            self.break_line();
            if let Some(kind) = kind {
                self.page.put(ERROR, &kind, VALUE);
                self.page.put_own(ERROR, ": ");
            }
            self.page.put(PLAIN, &message.unwrap_or_default(), MESSAGE);
        }
        if let Some(Value::Array(causes)) = take(&mut wrong, error::SOURCES, Value::is_array) {
            self.put_causes(&causes);
        }
        if let Some(Value::Object(details)) = take(&mut wrong, error::DETAILS, Value::is_object) {
            wrong.extend(details);
        }
        self.put_details(&wrong);
    }

    fn put_causes(&mut self, causes: &[Value]) {
        for cause in causes.iter().take(CAUSES) {
            self.break_line();
            self.page.put_own(DIM, "caused by ");
            let cause = cause.as_str().map_or_else(|| value::text(cause), str::to_owned);
            self.page.put(PLAIN, &cause, MESSAGE);
        }
        if causes.len() > CAUSES {
            self.break_line();
            self.page.put_own(DIM, &format!("and {} more", causes.len() - CAUSES));
        }
    }

    fn put_details(&mut self, details: &Map<String, Value>) {
        for (number, (key, value)) in details.iter().enumerate() {
            match number {
                0 => self.break_line(),
                _ => self.page.put_own(PLAIN, "  "),
            }
            self.put_pair(key, value);
        }
    }

    fn put_cancellation(&mut self, cause: &Value) {
        self.break_line();
        self.page.put_own(DIM, "because ");
        match cause {
            Value::String(cause) => self.page.put(PLAIN, cause, MESSAGE),
            Value::Object(told) if told.get(cancellation::CAUSE).is_some_and(Value::is_string) => {
                self.page.put(PLAIN, &why(told), MESSAGE);
            }
            cause => self.page.put(PLAIN, &value::text(cause), MESSAGE),
        }
    }

    fn put_field(&mut self, key: &str, value: &Value) {
        self.page.put_own(PLAIN, "  ");
        self.put_pair(key, value);
    }

    fn put_pair(&mut self, key: &str, value: &Value) {
        self.page.put(DIM, &value::word(key), VALUE);
        self.page.put_own(DIM, "=");
        self.page.put(PLAIN, &value::text(value), VALUE);
    }

    fn put_part(&mut self, style: Style, text: &str) {
        self.page.put_own(PLAIN, "  ");
        self.page.put_own(style, text);
    }

    /// Begins a line below the operation's name.
    fn break_line(&mut self) {
        self.page.break_line(MARGIN + 2 * self.depth.min(DEPTH) + 2);
    }
}

/// The sign of an outcome: one column wide, and nothing that is drawn as an emoji.
fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Invoke => "→",
        Outcome::Success => "✓",
        Outcome::Failed => "✗",
        Outcome::Cancelled => "⊘",
        Outcome::Unknown => "?",
        Outcome::Slow => "~",
    }
}

/// What the record says in a few words of its own, besides its context.
fn notes(rest: &mut Map<String, Value>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(id) = take_text(rest, payload::CAUSED_BY) {
        notes.push(format!("same error as {}", short(&id)));
    }
    if let Some(id) = take_text(rest, payload::CANCELLED_BY) {
        notes.push(format!("along with {}", short(&id)));
    }
    match take(rest, payload::ITEM_COUNT, Value::is_u64) {
        Some(count) if count == 1 => notes.push("1 item".to_owned()),
        Some(count) => notes.push(format!("{count} items")),
        None => {}
    }
    notes.extend(take_text(rest, payload::UNKNOWN_REASON));
    for (key, say) in NOTES_OF_OBJECTS {
        if let Some(note) = rest.get(key).and_then(say) {
            rest.remove(key);
            notes.push(note);
        }
    }
    notes
}

/// What members of a payload that are objects say in words, where they are of the form that is known.
type Say = fn(&Value) -> Option<String>;
const NOTES_OF_OBJECTS: [(&str, Say); 3] =
    [(payload::SLOW, slow), (payload::PROGRESS, progress), (payload::INHERITED, inherited)];

/// Returns what the operations around this one work on, and what else it has from them: `inside place 1, user=ann`.
fn inherited(inherited: &Value) -> Option<String> {
    let mut said = Vec::new();
    for (key, value) in inherited.as_object()? {
        if key == inherited::ENTITY_IDS {
            let entities = value.as_object()?.iter();
            said.extend(entities.map(|(name, id)| format!("{name} {}", value::text(id))));
        }
    }
    for (key, value) in
        inherited.as_object()?.iter().filter(|(key, _)| *key != inherited::ENTITY_IDS)
    {
        said.push(format!("{key}={}", value::text(value)));
    }
    (!said.is_empty()).then(|| format!("inside {}", said.join(", ")))
}

fn slow(slow: &Value) -> Option<String> {
    let time = |key| Some(time::lasted(slow.get(key)?.as_u64()?));
    let of_poll = || {
        let (poll, limit) = (time(slow::POLL_NS)?, time(slow::LIMIT_NS)?);
        Some(format!("one poll took {poll}, more than {limit}"))
    };
    of_poll().or_else(|| Some(format!("expected to take {}", time(slow::EXPECTED_NS)?)))
}

fn progress(progress: &Value) -> Option<String> {
    let number = |key| progress.get(key)?.as_u64();
    let time = |key| number(key).map(time::lasted);
    let polls = match number(progress::POLLS)? {
        1 => "1 poll".to_owned(),
        polls => format!("{polls} polls"),
    };
    let (busy, idle) = (time(progress::BUSY_NS)?, time(progress::IDLE_NS)?);
    let mut note = format!("{polls}, busy {busy}, idle {idle}");
    if let Some(since) = time(progress::SINCE_LAST_POLL_NS) {
        note.push_str(&format!(", the last {since} ago"));
    }
    let text = |key, of: &str| progress.get(key)?.get(of)?.as_str();
    if let Some(name) = text(progress::PENDING, progress::NAME) {
        let id = text(progress::PENDING, progress::SPAN_ID).unwrap_or_default();
        note.push_str(&format!(", in {name} {}", short(id)));
    } else if let Some(name) = text(progress::LAST_CHILD, progress::NAME) {
        let outcome = text(progress::LAST_CHILD, progress::OUTCOME).unwrap_or_default();
        note.push_str(&format!(", after {name} {outcome}"));
    }
    Some(note)
}

/// Why an operation was cancelled, in a few words.
fn why(told: &Map<String, Value>) -> String {
    let text = |key: &str| told.get(key).and_then(Value::as_str);
    let cause = text(cancellation::CAUSE).unwrap_or_default();
    let mut why = match text(cancellation::SPAN_ID) {
        Some(parent) => format!("{} was", short(parent)),
        None => cause.replace('_', " "),
    };
    let mut add = |before: &str, text: Option<&str>| {
        for part in text.map(|text| [before, text]).into_iter().flatten() {
            why.push_str(part);
        }
    };
    let by = text(cancellation::PARENT_CAUSE).map(|cause| cause.replace('_', " "));
    add(": ", by.as_deref());
    add(": ", text(cancellation::REASON));
    add(", at ", text(cancellation::DROPPED_AT));
    for wait in told.get(cancellation::AWAITING).and_then(Value::as_array).into_iter().flatten() {
        let on = wait.get(cancellation::ON).and_then(Value::as_str);
        let chain = wait.get(cancellation::CHAIN).and_then(Value::as_array);
        add(", waiting for ", on.or(Some("something")));
        add(" at ", chain.and_then(|chain| chain.last()?.as_str()));
    }
    why
}

/// What a record tells that is about the log itself.
fn losses(record: &Record) -> Option<(&str, &Map<String, Value>)> {
    let is_delivery = record.event_namespace == delivery::NAMESPACE
        && record.event_name == delivery::NAME
        && record.event_outcome == Outcome::Failed;
    let lost = record.payload.get(payload::ERROR).filter(|_| is_delivery)?;
    let is_lost = lost.get(error::TYPE)? == delivery::RECORDS_LOST;
    let message = lost.get(error::MESSAGE)?.as_str().filter(|_| is_lost)?;
    Some((message, lost.get(error::DETAILS)?.as_object()?))
}

/// The end of an id: the digits that differ even where ids are counted.
fn short(id: &str) -> String {
    const DIGITS: usize = 6;
    let skipped = id.chars().count().saturating_sub(DIGITS);
    format!("#{}", id.chars().skip(skipped).collect::<String>())
}

fn take(
    from: &mut Map<String, Value>,
    key: &str,
    is_right: impl FnOnce(&Value) -> bool,
) -> Option<Value> {
    if is_right(from.get(key)?) { from.remove(key) } else { None }
}

fn take_text(from: &mut Map<String, Value>, key: &str) -> Option<String> {
    match take(from, key, Value::is_string)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A record with this payload.
    fn record(outcome: &str, payload: Value) -> Record {
        let record = json!({
            "timestamp": "2026-11-22T08:00:00.123456Z", "level": "INFO", "event_namespace": "shop",
            "event_name": "run", "event_outcome": outcome, "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id": "00f067aa0ba902b7", "duration_ns": 12_345_678, "payload": payload,
        });
        serde_json::from_value(record).unwrap()
    }

    fn told(outcome: &str, payload: Value) -> String {
        text(record(outcome, payload), 0, false)
    }

    #[test]
    fn a_cancellation_says_why_where_that_is_known() {
        let gone = json!({"type": "cancelled", "message": "dropped before completion"});
        let by_text = json!({"cancelled": true, "error": gone, "cancellation": "deadline"});
        let by_parts = json!({"cancelled": true, "cancellation": {"by": "timeout", "line": 7}});
        let by_error =
            json!({"cancelled": true, "error": {"type": "JoinError", "message": "task 3"}});
        let told = [by_text, by_parts, by_error].map(|payload| told("cancelled", payload));
        insta::assert_snapshot!(told.concat(), @r#"
        08:00:00.123Z ⊘ cancelled run  12.3 ms  shop #a902b7
                                    because deadline
        08:00:00.123Z ⊘ cancelled run  12.3 ms  shop #a902b7
                                    because {by=timeout, line=7}
        08:00:00.123Z ⊘ cancelled run  12.3 ms  shop #a902b7
                                    JoinError: task 3
        "#);
    }

    #[test]
    fn how_far_it_got_and_what_is_slow_is_said_in_words() {
        let pending = json!({"name": "query", "span_id": "00f067aa0ba902b8"});
        let child = json!({"name": "parse", "span_id": "00f067aa0ba902b9", "outcome": "success"});
        let of = |more: Value| {
            let mut progress =
                json!({"polls": 3, "busy_ns": 1_200_000, "idle_ns": 4_000_000_000_u64});
            progress.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"progress": progress})
        };
        let told = [
            told("success", of(json!({}))),
            told("failed", of(json!({"last_child": child, "since_last_poll_ns": 7_000}))),
            told("cancelled", of(json!({"last_child": child, "pending": pending}))),
            told("slow", json!({"slow": {"poll_ns": 51_000_000, "limit_ns": 10_000_000}})),
            told("slow", json!({"slow": {"expected_ns": 1_000_000, "age_ns": 12_345_678}})),
            told("slow", json!({"slow": {"poll_ns": -1}, "progress": 7})),
            told(
                "failed",
                json!({"inherited": {"entity_ids": {"place": "1"}, "user": "ann", "a": [7]}}),
            ),
            told("failed", json!({"inherited": {"entity_ids": 7}})),
        ];
        insta::assert_snapshot!(told.concat(), @r#"
        08:00:00.123Z ✓ success   run  12.3 ms  — 3 polls, busy 1.20 ms, idle 4.00 s  shop #a902b7
        08:00:00.123Z ✗ failed    run  12.3 ms  — 3 polls, busy 1.20 ms, idle 4.00 s, the last 7.00 µs ago, after parse success  shop #a902b7
        08:00:00.123Z ⊘ cancelled run  12.3 ms  — 3 polls, busy 1.20 ms, idle 4.00 s, in query #a902b8  shop #a902b7
        08:00:00.123Z ~ slow      run  12.3 ms  — one poll took 51.0 ms, more than 10.0 ms  shop #a902b7
        08:00:00.123Z ~ slow      run  12.3 ms  — expected to take 1.00 ms  shop #a902b7
        08:00:00.123Z ~ slow      run  12.3 ms  progress=7  slow={poll_ns=-1}  shop #a902b7
        08:00:00.123Z ✗ failed    run  12.3 ms  — inside place 1, a=[7], user=ann  shop #a902b7
        08:00:00.123Z ✗ failed    run  12.3 ms  inherited={entity_ids=7}  shop #a902b7
        "#);
    }

    #[test]
    fn why_it_was_cancelled_is_told_in_a_few_words() {
        let waits = json!([{"on": "tokio::sync::Mutex::lock", "chain": ["a.rs:1", "a.rs:2"]}, {"chain": []}]);
        let timeout =
            json!({"cause": "timeout", "dropped_at": "shop::run (a.rs:7)", "awaiting": waits});
        let parent = json!({"cause": "parent", "span_id": "00f067aa0ba902b8", "parent_cause": "sibling_failed"});
        let reason = json!({"cause": "dropped", "reason": "the disk is full"});
        let told =
            [timeout, parent, reason].map(|why| told("cancelled", json!({"cancellation": why})));
        insta::assert_snapshot!(told.concat(), @r#"
        08:00:00.123Z ⊘ cancelled run  12.3 ms  shop #a902b7
                                    because timeout, at shop::run (a.rs:7), waiting for tokio::sync::Mutex::lock at a.rs:2, waiting for something
        08:00:00.123Z ⊘ cancelled run  12.3 ms  shop #a902b7
                                    because #a902b8 was: sibling failed
        08:00:00.123Z ⊘ cancelled run  12.3 ms  shop #a902b7
                                    because dropped: the disk is full
        "#);
    }

    #[test]
    fn what_is_not_of_the_form_that_is_known_is_told_all_the_same() {
        let strange = json!({
            "args": 1, "cancelled": "no", "caused_by": 2, "cancelled_by": [], "context": 3,
            "error": "none", "item_count": -1, "unknown_reason": {},
        });
        let inside =
            json!({"error": {"type": 1, "message": 2, "sources": 3, "details": 4, "code": 5}});
        insta::assert_snapshot!(told("failed", strange) + &told("failed", inside), @r#"
        08:00:00.123Z ✗ failed    run  12.3 ms  args=1  cancelled=no  cancelled_by=[]  caused_by=2  context=3  error=none  item_count=-1  unknown_reason={}  shop #a902b7
        08:00:00.123Z ✗ failed    run  12.3 ms  shop #a902b7
                                    code=5  details=4  message=2  sources=3  type=1
        "#);
    }
}
