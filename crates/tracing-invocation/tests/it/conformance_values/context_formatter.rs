//! A function that shapes the context of a record. It belongs to a layer here, not to an operation.

use serde_json::{Map, Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{ContextFields, Outcome, operation};

use super::{assert_tells, capture_through};
use crate::golden::assert_golden;

text_errors! { ValueError }

#[operation(fields(a, b))]
fn run(a: u8, b: &str) {}

/// What [`run`] leaves in a log whose layer shapes context like this.
fn run_shaped(
    format: impl Fn(&ContextFields) -> Option<Map<String, Value>> + Send + Sync + 'static,
) -> Log {
    let (log, _guard) = capture_through(|layer| layer.with_context_formatter(format));
    run(1, "two");
    log
}

fn object(value: Value) -> Option<Map<String, Value>> {
    value.as_object().cloned()
}

#[test]
fn answers_nothing() {
    let log = run_shaped(|_| None);
    assert_golden!("context_formatter/answers_nothing", log);
}

#[test]
fn fails() {
    let log = run_shaped(|_| panic!("no shape"));
    assert_golden!("context_formatter/fails", log);
}

#[test]
fn uses_context_key() {
    let log = run_shaped(|_| object(json!({"context": "mine"})));
    assert_golden!("context_formatter/uses_context_key", log);
}

#[test]
fn different_per_outcome() {
    struct Door {
        state: &'static str,
    }

    impl Door {
        #[operation(live(state = self.state))]
        fn open(&mut self) {
            self.state = "opened";
        }
    }

    let (log, _guard) = capture_through(|layer| {
        layer.with_context_formatter(|of| {
            let moment = if of.event_outcome == Outcome::Invoke { "before" } else { "after" };
            object(json!({ moment: of.fields }))
        })
    });
    Door { state: "closed" }.open();
    assert_golden!("context_formatter/different_per_outcome", log);
}

#[test]
fn fails_on_one_outcome_only() {
    #[operation(fields(a))]
    fn run(a: u8) -> Result<(), ValueError> {
        Err(ValueError("boom"))
    }

    let (log, _guard) = capture_through(|layer| {
        layer.with_context_formatter(|of| {
            assert_eq!(of.event_outcome, Outcome::Invoke);
            object(json!({"shaped": of.fields["a"]}))
        })
    });
    run(1).unwrap_err();
    assert_golden!("context_formatter/fails_on_one_outcome_only", log);
}

#[test]
fn system_keys_on_failure() {
    #[operation]
    fn run() -> Result<(), ValueError> {
        Err(ValueError("boom"))
    }

    let (log, _guard) = capture_through(|layer| {
        layer.with_context_formatter(|_| object(json!({"error": "mine", "note": "x"})))
    });
    run().unwrap_err();
    assert_golden!("context_formatter/system_keys_on_failure", log);
}

#[test]
fn sees_fields_as_they_are() {
    #[operation(fields(text, list, whole: rows = list, password = text))]
    fn run(text: &str, list: Vec<u32>) {}

    let (log, _guard) = capture_through(|layer| {
        layer.with_context_formatter(|of| {
            let fields = &of.fields;
            let length = |name: &str| fields[name].as_str().map(str::len);
            let count = |name: &str| fields[name].as_array().map(Vec::len);
            object(json!({
                "text": length("text"),
                "list": count("list"),
                "rows": count("rows"),
                "password": fields["password"],
            }))
        })
    });
    run(&"x".repeat(250), (0..12).collect());
    let seen = json!({"text": 250, "list": 12, "rows": 12, "password": "<redacted>"});
    assert_tells(&log, [("run invoke DEBUG", seen.clone()), ("run success DEBUG", seen)]);
}

#[test]
fn what_it_answers_is_cut() {
    #[operation(fields(text))]
    fn run(text: &str) {}

    let (log, _guard) =
        capture_through(|layer| layer.with_context_formatter(|of| Some(of.fields.clone())));
    run(&"x".repeat(250));
    let cut = json!({"text": format!("{}...", "x".repeat(200))});
    assert_tells(&log, [("run invoke DEBUG", cut.clone()), ("run success DEBUG", cut)]);
}

#[test]
fn fields_are_cut_where_it_answers_nothing() {
    #[operation(fields(text, list, whole: rows = list, debugged = ?list))]
    fn run(text: &str, list: Vec<u32>) {}

    let list = || Vec::from_iter(0..60);
    let (plain, guard) = capture_through(|layer| layer);
    run(&"x".repeat(250), list());
    drop(guard);
    let (shaped, _guard) = capture_through(|layer| layer.with_context_formatter(|_| None));
    run(&"x".repeat(250), list());
    let payloads =
        |log: &Log| log.records().into_iter().map(|record| record.payload).collect::<Vec<_>>();
    assert_eq!(payloads(&plain), payloads(&shaped));
}

#[test]
fn sees_the_value_that_a_field_has_now() {
    let (log, _guard) = capture_through(|layer| {
        layer.with_context_formatter(|of| {
            object(json!({"length": of.fields["text"].as_str()?.len()}))
        })
    });
    let span = tracing::info_span!("run", text = "x".repeat(250));
    span.in_scope(|| {});
    for length in [300, 3] {
        span.record("text", "y".repeat(length));
        span.in_scope(|| span.record("text", "y".repeat(length)));
    }
    drop(span);
    let lengths: Vec<_> =
        log.records().into_iter().map(|record| record.payload["length"].clone()).collect();
    assert_eq!(lengths, [250, 3]);
}

#[test]
fn sees_larger_values_as_records_show_them() {
    let (log, _guard) = capture_through(|layer| {
        layer.with_context_formatter(|of| {
            let length = |name: &str| of.fields[name].as_str().map(str::len);
            object(json!({"huge": length("huge"), "large": length("large")}))
        })
    });
    let (huge, large) = ("x".repeat(1_000_000), "y".repeat(15_000));
    tracing::info_span!("run", huge, large).in_scope(|| {});
    let huge_or_cut = log.records()[0].payload["huge"].as_u64().unwrap();
    assert!(huge_or_cut <= 64_000);
    assert_eq!(log.records()[0].payload["large"], 15_000);
}
