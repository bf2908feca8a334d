//! A function that shapes the context of a record. It belongs to a layer here, not to an operation.

use serde_json::{Map, Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{ContextFields, Outcome, operation};

use super::{assert_tells, capture_through};

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
    let plain = json!({"a": 1, "b": "two"});
    assert_tells(&log, [("run invoke DEBUG", plain.clone()), ("run success DEBUG", plain)]);
}

#[test]
fn fails() {
    let log = run_shaped(|_| panic!("no shape"));
    let plain = json!({"a": 1, "b": "two"});
    assert_tells(&log, [("run invoke DEBUG", plain.clone()), ("run success DEBUG", plain)]);
}

#[test]
fn uses_context_key() {
    let log = run_shaped(|_| object(json!({"context": "mine"})));
    let mine = json!({"context": "mine"});
    assert_tells(&log, [("run invoke DEBUG", mine.clone()), ("run success DEBUG", mine)]);
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
    assert_tells(
        &log,
        [
            ("open invoke DEBUG", json!({"before": {"state": "closed"}})),
            ("open success DEBUG", json!({"after": {"state": "opened"}})),
        ],
    );
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
    let boom = json!({"type": "ValueError", "message": "boom"});
    assert_tells(
        &log,
        [
            ("run invoke DEBUG", json!({"shaped": 1})),
            ("run failed ERROR", json!({"a": 1, "error": boom})),
        ],
    );
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
    let mine = json!({"error": "mine", "note": "x"});
    let boom = json!({"type": "ValueError", "message": "boom"});
    assert_tells(
        &log,
        [
            ("run invoke DEBUG", json!({"context": mine})),
            ("run failed ERROR", json!({"context": mine, "error": boom})),
        ],
    );
}
