//! Records that would be too large: they shrink, stay valid, and still say what happened.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tracing::field::Value;
use tracing_invocation::convention::{mark, payload};
use tracing_invocation::testing::Log;
use tracing_invocation::{Outcome, Record};

use super::tools::HandMade;
use crate::support::{capture, check_line, only};

/// The largest record, its newline included.
const LIMIT: usize = 16_000;

/// How an operation ends, and whether an inner one ended so before it.
#[derive(Clone, Copy, Debug)]
enum End {
    Error,
    Panic,
    Cancelled,
    Unknown,
}

/// Runs an operation with these fields, inside one that has them too.
fn run(fields: &[(String, String)], end: End) {
    let mark =
        matches!(end, End::Cancelled).then(|| ("invocation.evidence".to_owned(), "ret".to_owned()));
    let fields: Vec<_> = fields.iter().cloned().chain(mark).collect();
    let made = HandMade::new(fields.iter().map(|(name, _)| &**name));
    let values = || fields.iter().map(|(_, value)| value as &dyn Value);
    let outer = made.span(values());
    outer.in_scope(|| {});
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _outer = outer.enter();
        let inner = made.span(values());
        if let End::Cancelled = end {
            // As a future is: entered to be polled, and to be dropped.
            inner.in_scope(|| {});
        }
        let _inner = inner.enter();
        match end {
            End::Error => made.fail(&"Zoë \u{7f}".repeat(40)),
            End::Panic => resume_unwind(Box::new("on purpose")),
            End::Cancelled | End::Unknown => {}
        }
    }));
    assert_eq!(unwound.is_err(), matches!(end, End::Panic));
    if let End::Error = end {
        outer.in_scope(|| made.fail(&"Zoë \u{7f}".repeat(40)));
    }
}

/// Checks that each line of the log fits, and says what `end` demands, whole.
fn check(log: &Log, fields: &[(String, String)], end: End) {
    for line in log.lines() {
        assert!(line.len() < LIMIT, "{} bytes\n{line}", line.len() + 1);
        check_line(&line);
    }
    log.assert_every_invoke_ended_once();
    let (inner, outer): (Vec<_>, Vec<_>) =
        log.records().into_iter().partition(|record| record.parent_span_id.is_some());
    let [invoke, ended] = &inner[..] else { panic!("not two records in\n{log}") };
    let message = "Zoë \u{7f}".repeat(40);
    let (outcome, error, by) = match end {
        End::Error => (Outcome::Failed, Some(("error", &*message)), payload::CAUSED_BY),
        End::Panic => (Outcome::Failed, Some(("panic", "panicked")), payload::CAUSED_BY),
        End::Cancelled => {
            let error = ("cancelled", "dropped before completion");
            (Outcome::Cancelled, Some(error), payload::CANCELLED_BY)
        }
        End::Unknown => (Outcome::Unknown, None, ""),
    };
    assert_eq!(ended.event_outcome, outcome);
    let said = |record: &Record, key| record.payload.get(key).cloned();
    let error = error.map(|(kind, message)| json!({"type": kind, "message": message}));
    assert_eq!(said(ended, payload::ERROR), error);
    let cancelled = matches!(end, End::Cancelled).then_some(json!(true));
    assert_eq!(said(ended, payload::CANCELLED), cancelled);
    let by = (!by.is_empty()).then(|| said(&outer[1], by));
    assert_eq!(by, (!matches!(end, End::Unknown)).then(|| Some(json!(ended.span_id))));
    for record in [invoke, ended, &outer[0], &outer[1]] {
        check_fields(record, fields);
    }
}

/// Checks that a record says all of its fields, or that they were too much for it.
fn check_fields(record: &Record, fields: &[(String, String)]) {
    if record.payload_truncated {
        // No character takes more than six bytes.
        let most: usize =
            fields.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 6).sum();
        assert!(most + 3_000 > LIMIT, "shrunk without need: {record:?}");
        return;
    }
    let place = |place| record.payload.get(place).and_then(Json::as_object);
    let context = place(payload::CONTEXT).unwrap_or(&record.payload);
    for (name, value) in fields {
        let said = match name.strip_prefix("args.") {
            Some(_) if record.event_outcome.is_terminal() => continue,
            Some(name) => place(payload::ARGS).unwrap().get(name),
            None => context.get(name),
        };
        let cut = format!("{}{}", value.chars().take(200).collect::<String>(), mark::CUT);
        let value = if value.chars().count() > 200 { &cut } else { value };
        assert_eq!(said, Some(&json!(value)), "{name:?}");
    }
}

fn text(most: usize) -> impl Strategy<Value = String> {
    // Of few and of many bytes once they are escaped, and of the kinds that must not be torn apart.
    (0..=most, prop::sample::select(vec!["x", "\u{7f}", "\"\\", "é", "\u{2028}", "🦀", "a,\n"]))
        .prop_map(|(count, unit)| unit.chars().cycle().take(count).collect())
}

fn fields() -> impl Strategy<Value = Vec<(String, String)>> {
    let prefix = prop::sample::select(vec!["", "", "args."]);
    let field = (prefix, text(150), text(400));
    (prop::collection::vec(field, 0..120), any::<bool>()).prop_map(|(fields, reserved)| {
        let numbered = fields.into_iter().enumerate();
        let named =
            numbered.map(|(at, (prefix, name, value))| (format!("{prefix}{at}{name}"), value));
        let reserved = reserved.then(|| ("error".to_owned(), "y".repeat(300)));
        named.chain(reserved).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record_of_any_fields_fits_and_keeps_its_outcome(
        fields in fields(),
        end in prop::sample::select(vec![End::Error, End::Panic, End::Cancelled, End::Unknown]),
    ) {
        let log = capture();
        run(&fields, end);
        check(&log, &fields, end);
    }
}

#[test]
fn a_record_of_very_many_fields_fits_and_keeps_its_outcome() {
    for reserved in ["x", "error", "cancelled_by"] {
        for end in [End::Error, End::Panic, End::Cancelled, End::Unknown] {
            let name = |at: usize| (format!("name {at} {}", "n".repeat(40)), "v".repeat(at % 300));
            let mut fields: Vec<_> = (0..2_000).map(name).collect();
            fields.push((reserved.to_owned(), "z".to_owned()));
            let log = capture();
            run(&fields, end);
            check(&log, &fields, end);
            assert!(log.records().iter().all(|record| record.payload_truncated));
        }
    }
}

#[test]
fn what_a_shrunk_record_leaves_out_is_counted() {
    let fields: Vec<_> =
        (0..300).map(|at| (format!("args.{at}{}", "n".repeat(100)), String::new())).collect();
    let log = capture();
    run(&fields, End::Unknown);
    for record in log.records() {
        if record.event_outcome == Outcome::Invoke {
            let args = record.payload["args"].as_object().unwrap();
            let missing = format!("{} more keys", 300 - (args.len() - 1));
            assert_eq!(args[mark::MORE_KEY], missing);
        } else {
            assert!(!record.payload_truncated, "arguments are on `invoke` only");
        }
    }
}

#[test]
fn numbers_survive_shrinking_as_they_are() {
    let log = capture();
    let numbers =
        [0.1 + 0.2, 1e23, f64::MAX, 5e-324, 123_456_789.123_456_79, 9_007_199_254_740_993.0];
    let names = (0..106).map(|at| format!("f{at:03}"));
    let text = "x".repeat(300);
    let values = numbers.iter().map(|number| number as &dyn Value);
    let span = HandMade::new(names).span(values.chain((0..100).map(|_| &text as &dyn Value)));
    span.in_scope(|| {});
    drop(span);
    let invoke = only(&log, "made", Outcome::Invoke);
    assert!(invoke.payload_truncated);
    for (at, number) in numbers.iter().enumerate() {
        let line = &log.lines()[0];
        let said = format!("\"f{at:03}\":{}", json!(number));
        assert!(line.contains(&said), "{said} is not in {line}");
    }
}
