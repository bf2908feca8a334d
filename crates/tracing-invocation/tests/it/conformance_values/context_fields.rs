//! Fields that stand on every record of an operation.

use std::future::pending;

use serde_json::{Value, json};
use tracing::field::Empty;
use tracing_invocation::operation;

use super::assert_tells;
use crate::golden::assert_golden;
use crate::support::{capture, poll_once};

text_errors! { ValueError }

/// Differs: a future is cancelled by being dropped, so the error of a cancellation is always the same one.
#[tokio::test]
async fn on_all_outcomes() {
    #[operation(fields(kind))]
    async fn run(kind: &str) -> Result<(), ValueError> {
        match kind {
            "ok" => Ok(()),
            "bad" => Err(ValueError("boom")),
            _ => pending().await,
        }
    }

    let log = capture();
    run("ok").await.unwrap();
    run("bad").await.unwrap_err();
    assert!(poll_once(Box::pin(run("stop")).as_mut()).is_pending());
    assert_golden!("context_fields/on_all_outcomes", log);
}

#[test]
fn argument_rebinding_is_invisible() {
    #[operation(fields(item))]
    fn run(mut item: &str) -> usize {
        let passed = item.len();
        item = "rebound";
        passed + item.len()
    }

    let log = capture();
    run("passed");
    assert_golden!("context_fields/argument_rebinding_is_invisible", log);
}

/// Differs: that the field is read anew is asked for, by `live`.
#[test]
fn argument_mutation_is_visible() {
    #[operation(live(items))]
    fn run(items: &mut Vec<u8>) {
        items.push(2);
    }

    let log = capture();
    run(&mut vec![1]);
    assert_golden!("context_fields/argument_mutation_is_visible", log);
}

/// Differs: a field that is not there yet is declared `Empty`, and recorded when it is there.
#[test]
fn appears_only_later() {
    struct Client {
        session: Option<&'static str>,
    }

    impl Client {
        #[operation(fields(session = Empty))]
        fn login(&mut self) {
            self.session = Some("s-1");
            tracing::Span::current().record("session", self.session);
        }
    }

    let log = capture();
    Client { session: None }.login();
    assert_golden!("context_fields/appears_only_later", log);
}

#[test]
fn optional_attribute_null_then_set() {
    struct Client {
        session: Option<String>,
    }

    impl Client {
        #[operation(live(session = self.session))]
        fn login(&mut self) {
            self.session = Some("s-1".to_owned());
        }
    }

    let log = capture();
    Client { session: None }.login();
    assert_golden!("context_fields/optional_attribute_null_then_set", log);
}

#[test]
fn one_system_key_moves_all() {
    struct Worker {
        last_error: &'static str,
    }

    impl Worker {
        #[operation(fields(item, error = self.last_error))]
        fn run(&self, item: &str) -> Result<(), ValueError> {
            Err(ValueError("boom"))
        }
    }

    let log = capture();
    Worker { last_error: "earlier" }.run("i-1").unwrap_err();
    assert_golden!("context_fields/one_system_key_moves_all", log);
}

#[test]
fn each_system_key() {
    #[operation("run", fields(error = value))]
    fn error(value: u8) {}
    #[operation("run", fields(args = value))]
    fn args(value: u8) {}
    #[operation("run", fields(result = value))]
    fn result(value: u8) {}
    #[operation("run", fields(cancelled = value))]
    fn cancelled(value: u8) {}

    let log = capture();
    // `args` stands for the original's `kwargs` and `closures`.
    for run in [error, args, result, cancelled, args] {
        run(1);
    }
    assert_golden!("context_fields/each_system_key", log);
}

/// The reserved names are this convention's; `kwargs` and `closures`, which it lacks, are not reserved.
#[test]
fn every_reserved_key_moves_the_context() {
    #[operation("run", fields(error = value))]
    fn error(value: u8) {}
    #[operation("run", fields(args = value))]
    fn args(value: u8) {}
    #[operation("run", fields(result = value))]
    fn result(value: u8) {}
    #[operation("run", fields(cancelled = value))]
    fn cancelled(value: u8) {}
    #[operation("run", fields(cancellation = value))]
    fn cancellation(value: u8) {}
    #[operation("run", fields(caused_by = value))]
    fn caused_by(value: u8) {}
    #[operation("run", fields(cancelled_by = value))]
    fn cancelled_by(value: u8) {}
    #[operation("run", fields(item_count = value))]
    fn item_count(value: u8) {}
    #[operation("run", fields(kwargs = value))]
    fn kwargs(value: u8) {}
    #[operation("run", fields(closures = value))]
    fn closures(value: u8) {}

    let cases: [(fn(u8), Value); 10] = [
        (error, json!({"context": {"error": 1}})),
        (args, json!({"context": {"args": 1}})),
        (result, json!({"context": {"result": 1}})),
        (cancelled, json!({"context": {"cancelled": 1}})),
        (cancellation, json!({"context": {"cancellation": 1}})),
        (caused_by, json!({"context": {"caused_by": 1}})),
        (cancelled_by, json!({"context": {"cancelled_by": 1}})),
        (item_count, json!({"context": {"item_count": 1}})),
        (kwargs, json!({"kwargs": 1})),
        (closures, json!({"closures": 1})),
    ];
    for (run, context) in cases {
        let log = capture();
        run(1);
        assert_tells(&log, [("run invoke DEBUG", context.clone()), ("run success DEBUG", context)]);
    }
}

#[test]
fn context_is_not_reserved() {
    #[operation(fields(context = value))]
    fn run(value: u8) {}

    let log = capture();
    run(1);
    assert_golden!("context_fields/context_is_not_reserved", log);
}

/// Differs: the arguments, which include values from around, stand before the context.
#[test]
fn invoke_key_order() {
    const REGION: &str = "eu";

    #[operation(fields(a), args(region = REGION, b))]
    fn run(a: u8, b: u8) {}

    let log = capture();
    run(1, 2);
    let payload = r#""payload":{"args":{"region":"eu","b":2},"a":1}}"#;
    assert!(log.lines()[0].ends_with(payload), "{}", *log);
    assert_tells(
        &log,
        [
            ("run invoke DEBUG", json!({"args": {"region": "eu", "b": 2}, "a": 1})),
            ("run success DEBUG", json!({"a": 1})),
        ],
    );
}

#[test]
fn more_than_ten_fields() {
    struct Twelve([u8; 12]);

    impl Twelve {
        #[operation(fields(
            f1 = self.0[0], f2 = self.0[1], f3 = self.0[2], f4 = self.0[3], f5 = self.0[4], f6 = self.0[5],
            f7 = self.0[6], f8 = self.0[7], f9 = self.0[8], f10 = self.0[9], f11 = self.0[10], f12 = self.0[11]
        ))]
        fn run(&self) {}
    }

    let log = capture();
    Twelve([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).run();
    assert_golden!("context_fields/more_than_ten_fields", log);
}
