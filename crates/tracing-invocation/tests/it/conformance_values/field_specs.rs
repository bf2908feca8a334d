//! Which values are recorded: expressions that the compiler checks, where the original has a language of its own.
//!
//! What resolves to nothing there is mostly refused here, when it is compiled; those cases have no test in this
//! file.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{begin, operation};

use super::assert_tells;
use crate::golden::assert_golden;
use crate::support::capture;

#[derive(Debug)]
struct User {
    id: &'static str,
    name: &'static str,
}

#[derive(Debug)]
struct Request {
    id: &'static str,
    user: User,
    tags: Vec<u8>,
}

const USER: User = User { id: "u-1", name: "Ann" };

fn request() -> Request {
    Request { id: "r-1", user: USER, tags: vec![1, 2] }
}

/// Asserts that `run` was invoked with these arguments, and succeeded.
#[track_caller]
fn assert_ran_with(log: &Log, args: Value) {
    assert_tells(
        log,
        [("run invoke DEBUG", json!({"args": args})), ("run success DEBUG", json!({}))],
    );
}

#[test]
fn plain_argument() {
    #[operation(args(a))]
    fn run(a: u8) {}

    let log = capture();
    run(1);
    assert_golden!("field_specs/plain_argument", log);
}

#[test]
fn present_null() {
    #[operation(args(a))]
    fn run(a: Option<u8>) {}

    let log = capture();
    run(None);
    assert_golden!("field_specs/present_null", log);
}

#[test]
fn nested_attributes() {
    #[operation(args(request.id, request.user.name))]
    fn run(request: &Request) {}

    let log = capture();
    run(&request());
    assert_golden!("field_specs/nested_attributes", log);
}

/// Differs: the attribute refuses two values of one name; of the fields of a span made by hand the later wins.
#[test]
fn same_key_last_wins() {
    let log = capture();
    let request = request();
    begin(tracing::info_span!("run", args.id = request.id, args.id = request.user.id)).complete();
    assert_golden!("field_specs/same_key_last_wins", log);
}

#[test]
fn alias_with_spaces() {
    #[operation(args(  user_id  =  request . user . id  ))]
    fn run(request: &Request) {}

    let log = capture();
    run(&request());
    assert_golden!("field_specs/alias_with_spaces", log);
}

#[test]
fn unbounded_marker() {
    #[operation(args(whole: items))]
    fn run(items: Vec<u8>) {}

    let log = capture();
    run((1..=12).collect());
    assert_golden!("field_specs/unbounded_marker", log);
}

#[test]
#[rustfmt::skip]
fn unbounded_with_alias_and_spaces() {
    #[operation(args(  whole  :  all  =  items  ))]
    fn run(items: Vec<u8>) {}

    let log = capture();
    run((1..=12).collect());
    assert_golden!("field_specs/unbounded_with_alias_and_spaces", log);
}

/// Differs: a name that is no identifier is written as a text; a name or a value that is missing is refused.
#[test]
fn odd_aliases() {
    #[operation(args(a, "z w" = a, "p.q" = a))]
    fn run(a: u8) {}

    let log = capture();
    run(1);
    assert_ran_with(&log, json!({"a": 1, "z w": 1, "p.q": 1}));
}

#[test]
fn length_of_nested() {
    #[operation(args(n = request.tags.len()))]
    fn run(request: &Request) {}

    let log = capture();
    run(&request());
    assert_golden!("field_specs/length_of_nested", log);
}

/// Differs: any expression is a value that has a name, so that a mapping can be looked into, and what is not in it
/// is `null`.
#[test]
fn mapping_keys_are_not_attributes() {
    #[operation(args(host = headers.get("host"), port = headers.get("port")))]
    fn run(headers: &BTreeMap<&str, &str>) {}

    let log = capture();
    run(&BTreeMap::from([("host", "h")]));
    assert_ran_with(&log, json!({"host": "h", "port": null}));
}

/// Differs: a stray dot is refused.
#[test]
fn stray_dots() {
    #[operation(args(a, x = a, request.id))]
    fn run(a: u8, request: &Request) {}

    let log = capture();
    run(1, &request());
    assert_ran_with(&log, json!({"a": 1, "x": 1, "id": "r-1"}));
}

/// Differs: nothing between two commas is refused; one comma at the end is not.
#[test]
#[rustfmt::skip]
fn blank_specs() {
    #[operation(args(a ,))]
    fn run(a: u8) {}

    let log = capture();
    run(1);
    assert_ran_with(&log, json!({"a": 1}));
}

/// Differs: a value that does not serialize is refused, unless its text is asked for.
#[test]
fn object_value() {
    #[operation(args(?user))]
    fn run(user: &User) {}

    let log = capture();
    run(&USER);
    assert_ran_with(&log, json!({"user": r#"User { id: "u-1", name: "Ann" }"#}));
}

#[test]
fn receiver_attributes() {
    struct Database {
        name: &'static str,
        items: [u8; 3],
    }

    impl Database {
        #[operation(args(self.name, n = self.items.len()))]
        fn run(&self) {}
    }

    let log = capture();
    Database { name: "db", items: [1, 2, 3] }.run();
    assert_golden!("field_specs/receiver_attributes", log);
}

#[test]
fn arguments_are_read_at_invoke() {
    #[operation(args(items))]
    fn run(items: &mut Vec<u8>) {
        items.clear();
    }

    let log = capture();
    run(&mut vec![1, 2]);
    assert_golden!("field_specs/arguments_are_read_at_invoke", log);
}
