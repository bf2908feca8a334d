//! A function that shapes the context of a record. It belongs to a layer here, not to an operation.

use serde_json::{Map, Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{ContextFields, Outcome, operation};

use super::capture_through;
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
