//! Validates records against the JSON schema, and describes violations in words.

use std::io;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value;
use tracing_invocation::convention::key;
use tracing_invocation::format::harmless;
use tracing_invocation::{Outcome, Record};

/// The maximum number of violations that are described for one record.
const MAX_DESCRIBED: usize = 3;

/// The maximum number of characters of a value that are shown.
const MAX_SHOWN: usize = 60;

/// The compiled schema.
#[derive(Debug)]
pub(super) struct Schema(Validator);

impl Schema {
    /// Compiles the schema of the library.
    ///
    /// # Errors
    ///
    /// Never in practice: the tests compile it.
    pub(super) fn compile() -> io::Result<Self> {
        let schema = serde_json::from_str(Record::SCHEMA)?;
        jsonschema::validator_for(&schema)
            .map(Self)
            .map_err(|error| io::Error::other(error.to_string()))
    }

    pub(super) fn is_satisfied(&self, record: &Value) -> bool {
        self.0.is_valid(record)
    }

    /// Describes what is wrong with a record, and what is allowed instead.
    pub(super) fn violations(&self, record: &Value) -> String {
        let outcome = record.get(key::EVENT_OUTCOME).and_then(Value::as_str).unwrap_or_default();
        let mut described = Vec::new();
        for error in self.0.iter_errors(record) {
            describe(&error, outcome, &mut described);
        }
        let more = described.len().saturating_sub(MAX_DESCRIBED);
        described.truncate(MAX_DESCRIBED);
        let mut words = described.join("; ");
        if more > 0 {
            words.push_str(&format!("; and {more} more"));
        }
        words
    }
}

/// Appends the descriptions of an error.
///
/// The schema is a `oneOf` with one alternative for each outcome. Only the alternative of the record's own outcome is
/// described; the others all fail on `event_outcome`, which would only confuse.
fn describe(error: &ValidationError<'_>, outcome: &str, described: &mut Vec<String>) {
    let is_root = error.instance_path().is_empty();
    match error.kind() {
        // An outcome that does not exist is reported for its key.
        Kind::OneOfNotValid { context } if is_root => {
            let of_outcome = Outcome::ALL.iter().position(|one| one.as_str() == outcome);
            let errors = of_outcome.and_then(|index| context.get(index));
            for error in errors.into_iter().flatten() {
                described.push(words(error, outcome));
            }
        }
        Kind::OneOfMultipleValid { .. } if is_root => {}
        _ => described.push(words(error, outcome)),
    }
}

/// Describes one violation.
fn words(error: &ValidationError<'_>, outcome: &str) -> String {
    let path = path(error.instance_path().as_str());
    let place = if path.is_empty() { "the record".to_owned() } else { format!("`{path}`") };
    let child = |key: &str| {
        let key = harmless(key);
        if path.is_empty() { format!("`{key}`") } else { format!("`{path}.{key}`") }
    };
    let is = |expected: &str| {
        let value = shown(error.instance());
        format!("{place} is {value} (allowed: {expected})")
    };
    match error.kind() {
        Kind::Required { property } => {
            format!("{} is missing", child(property.as_str().unwrap_or_default()))
        }
        Kind::AdditionalProperties { unexpected } => {
            let keys: Vec<_> =
                unexpected.iter().take(MAX_DESCRIBED).map(|key| child(key)).collect();
            let more = unexpected.len() - keys.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let verb = if unexpected.len() == 1 { "is not a key" } else { "are not keys" };
            format!("{}{more} {verb} of a record", keys.join(", "))
        }
        Kind::FalseSchema => format!("{place} does not belong to a record `{outcome}`"),
        Kind::Type { kind: TypeKind::Single(kind) } => is(type_words(*kind)),
        Kind::Enum { options } => {
            let options = options.as_array().map_or(&[][..], Vec::as_slice);
            let options: Vec<_> = options.iter().map(plain).collect();
            is(&options.join(", "))
        }
        Kind::Constant { expected_value } => is(&format!("nothing or {}", plain(expected_value))),
        Kind::Pattern { pattern } => is(pattern_words(pattern)),
        Kind::Minimum { limit } => is(&format!("a number of at least {limit}")),
        Kind::MinItems { limit } => is(&format!("a list of at least {limit}")),
        Kind::MinProperties { limit } => is(&format!("an object with at least {limit} key")),
        Kind::Not { .. } => {
            format!("{place} has both `error` and `caused_by`, and may have only one")
        }
        Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => {
            is("an object with either `poll_ns` and `limit_ns` or `expected_ns` and `age_ns`")
        }
        other => format!("{place} violates `{}` of the schema", other.keyword()),
    }
}

const fn type_words(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "an integer",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a text",
    }
}

/// Describes what a pattern of the schema requires.
fn pattern_words(pattern: &str) -> &'static str {
    if pattern.contains("{32}") {
        "32 hexadecimal digits in lower case, not all of them 0"
    } else if pattern.contains("{16}") {
        "16 hexadecimal digits in lower case, not all of them 0"
    } else {
        "UTC to the microsecond, as 2026-11-22T08:00:00.123456Z"
    }
}

/// Converts a JSON pointer to dotted keys, such as `payload.error.type`.
fn path(pointer: &str) -> String {
    let keys = pointer.split('/').skip(1);
    let keys: Vec<_> = keys.map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    harmless(&keys.join(".")).into_owned()
}

/// Returns a value of the schema, without quotes if it is a string.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns a value as JSON, truncated and safe to print.
fn shown(value: &Value) -> String {
    let written = value.to_string();
    let shown = match written.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}...", &written[..end]),
        None => written,
    };
    harmless(&shown).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(outcome: &str) -> Value {
        json!({
            "timestamp": "2026-11-22T08:00:00.123456Z", "level": "DEBUG", "event_namespace": "shop",
            "event_name": "run", "event_outcome": outcome, "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id": "00f067aa0ba902b7", "duration_ns": 12, "payload": {},
        })
    }

    fn with_payload(outcome: &str, payload: Value) -> Value {
        let mut record = record(outcome);
        record["payload"] = payload;
        record
    }

    type Change = fn(&mut Value);

    fn violations(change: impl FnOnce(&mut Value)) -> String {
        let schema = Schema::compile().unwrap();
        let mut record = record("success");
        assert!(schema.is_satisfied(&record));
        change(&mut record);
        assert!(!schema.is_satisfied(&record));
        schema.violations(&record)
    }

    #[test]
    fn a_violation_names_its_key_and_what_is_allowed() {
        let cases: [(Change, &str); 13] = [
            (
                |it| it["level"] = "NOTICE".into(),
                r#"`level` is "NOTICE" (allowed: TRACE, DEBUG, INFO, WARN, ERROR)"#,
            ),
            (
                |it| it["payload"]["args"] = json!({}),
                "`payload.args` does not belong to a record `success`",
            ),
            (
                |it| drop(it.as_object_mut().unwrap().remove("duration_ns")),
                "`duration_ns` is missing",
            ),
            (|it| it["colour"] = "red".into(), "`colour` is not a key of a record"),
            (
                |it| it["trace_id"] = "4BF9".into(),
                r#"`trace_id` is "4BF9" (allowed: 32 hexadecimal digits in lower case, not all of them 0)"#,
            ),
            (
                |it| it["timestamp"] = "yesterday".into(),
                r#"`timestamp` is "yesterday" (allowed: UTC to the microsecond, as 2026-11-22T08:00:00.123456Z)"#,
            ),
            (|it| it["payload"] = 5.into(), "`payload` is 5 (allowed: an object)"),
            (
                |it| it["payload_truncated"] = false.into(),
                "`payload_truncated` is false (allowed: nothing or true)",
            ),
            (
                |it| it["duration_ns"] = (-5).into(),
                "`duration_ns` is -5 (allowed: a number of at least 0)",
            ),
            (
                |it| it["event_outcome"] = "done".into(),
                r#"`event_outcome` is "done" (allowed: invoke, success, failed, cancelled, unknown, slow)"#,
            ),
            (
                |it| {
                    *it = with_payload(
                        "failed",
                        json!({ "error": { "type": "E", "message": "" }, "caused_by": "00f067aa0ba902b7" }),
                    );
                },
                "`payload` has both `error` and `caused_by`, and may have only one",
            ),
            (
                |it| *it = with_payload("slow", json!({ "slow": { "poll_ns": 1 } })),
                r#"`payload.slow` is {"poll_ns":1} (allowed: an object with either `poll_ns` and `limit_ns` or `expected_ns` and `age_ns`)"#,
            ),
            (
                |it| {
                    *it = with_payload(
                        "failed",
                        json!({ "error": { "type": "E", "message": "\u{1b}[2J", "\u{1b}[2J": 1 } }),
                    );
                },
                "`payload.error.\\u{1b}[2J` is not a key of a record",
            ),
        ];
        for (change, said) in cases {
            assert_eq!(violations(change), said);
        }
    }

    #[test]
    fn only_the_first_violations_are_described() {
        let described = violations(|record| *record = json!({ "event_outcome": 5 }));
        assert!(described.ends_with("; and 5 more"), "{described}");
    }
}
