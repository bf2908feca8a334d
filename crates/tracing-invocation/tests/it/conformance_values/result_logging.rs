//! What `result` holds on success.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use tracing_invocation::operation;
use tracing_invocation::testing::Log;

use super::assert_tells;
use crate::golden::assert_golden;
use crate::support::capture;

text_errors! { ValueError }

#[derive(Debug)]
struct User {
    id: &'static str,
}

struct Session {
    session_id: &'static str,
    user: User,
    tags: Vec<u8>,
}

/// Asserts that `run` succeeded with this result.
#[track_caller]
fn assert_result(log: &Log, result: Value) {
    assert_tells(
        log,
        [("run invoke DEBUG", json!({})), ("run success DEBUG", json!({"result": result}))],
    );
}

#[test]
fn off() {
    #[operation]
    fn run() -> u8 {
        42
    }

    let log = capture();
    run();
    assert_golden!("result_logging/off", log);
}

#[test]
fn whole_number() {
    #[operation(result)]
    fn run() -> u8 {
        42
    }

    let log = capture();
    run();
    assert_golden!("result_logging/whole_number", log);
}

#[test]
fn whole_null() {
    #[operation(result)]
    fn run() -> Option<u8> {
        None
    }

    let log = capture();
    run();
    assert_golden!("result_logging/whole_null", log);
}

#[test]
fn whole_boolean() {
    #[operation(result)]
    fn run() -> bool {
        true
    }

    let log = capture();
    run();
    assert_golden!("result_logging/whole_boolean", log);
}

/// Differs: bytes are a text of hexadecimal digits where they serialize as bytes, and a list of numbers where they
/// serialize as one.
#[test]
fn whole_bytes() {
    struct Bytes(&'static [u8]);

    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_bytes(self.0)
        }
    }

    #[operation("run", result)]
    fn bytes() -> Bytes {
        Bytes(b"abc")
    }
    #[operation("run", result)]
    fn numbers() -> Vec<u8> {
        b"abc".to_vec()
    }

    let log = capture();
    bytes();
    assert_golden!("result_logging/whole_bytes", log);
    log.clear();
    numbers();
    assert_result(&log, json!([97, 98, 99]));
}

/// Differs: a part is read from a value of any type, here from one that may be missing, and is `null` then.
#[test]
fn null_ignores_specs() {
    #[operation(result(id = as_ref().map(|user| user.id)))]
    fn run() -> Option<User> {
        None
    }

    let log = capture();
    run();
    assert_result(&log, json!({"id": null}));
}

/// Differs: parts of a text are recorded as those of any other value.
#[test]
fn text_ignores_length_spec() {
    #[operation(result(n = len()))]
    fn run() -> &'static str {
        "abc"
    }

    let log = capture();
    run();
    assert_result(&log, json!({"n": 3}));
}

#[test]
fn whole_list() {
    #[operation(result)]
    fn run() -> Vec<u8> {
        (1..=12).collect()
    }

    let log = capture();
    run();
    assert_golden!("result_logging/whole_list", log);
}

#[test]
fn whole_tuple() {
    #[operation(result)]
    fn run() -> (u8, &'static str) {
        (1, "a")
    }

    let log = capture();
    run();
    assert_golden!("result_logging/whole_tuple", log);
}

/// Differs: parts of a mapping are recorded as those of any other value.
#[test]
fn mapping_ignores_specs() {
    fn settings() -> BTreeMap<&'static str, Value> {
        BTreeMap::from([("version", json!(1)), ("debug", json!(false))])
    }
    #[operation("run", result)]
    fn whole() -> BTreeMap<&'static str, Value> {
        settings()
    }
    #[operation("run", result(version = get("version")))]
    fn part() -> BTreeMap<&'static str, Value> {
        settings()
    }

    let log = capture();
    whole();
    assert_result(&log, json!({"version": 1, "debug": false}));
    log.clear();
    part();
    assert_result(&log, json!({"version": 1}));
}

/// Differs: a value that does not serialize is refused, unless its text is asked for.
#[test]
fn whole_object() {
    #[operation(result(?))]
    fn run() -> User {
        User { id: "u-1" }
    }

    let log = capture();
    run();
    assert_result(&log, json!(r#"User { id: "u-1" }"#));
}

/// Differs: as every value that does not serialize, an error is recorded by its text, where that is asked for.
#[test]
fn whole_error_value() {
    #[operation(result(%))]
    fn run() -> ValueError {
        ValueError("x")
    }

    let log = capture();
    run();
    assert_result(&log, json!("x"));
}

/// Differs: a part that the type does not have is refused, and the id of a session is a secret.
#[test]
fn object_fields() {
    #[operation(result(session_id, uid = user.id, n = tags.len()))]
    fn run() -> Session {
        Session { session_id: "s-1", user: User { id: "u-1" }, tags: (0..12).collect() }
    }

    let log = capture();
    run();
    assert_result(&log, json!({"session_id": "<redacted>", "uid": "u-1", "n": 12}));
}

#[test]
fn object_field_bounded_and_unbounded() {
    #[operation(result(short = tags, whole: long = tags))]
    fn run() -> Session {
        Session { session_id: "s-1", user: User { id: "u-1" }, tags: (0..12).collect() }
    }

    let log = capture();
    run();
    assert_golden!("result_logging/object_field_bounded_and_unbounded", log);
}

/// Differs: an index is one of a tuple; what a list holds is reached by its methods.
#[test]
fn list_index_length() {
    #[operation("run", result(n = 0.len()))]
    fn of_tuple() -> ([u8; 3],) {
        ([1, 2, 3],)
    }
    #[operation("run", result(n = first().map(Vec::len)))]
    fn of_list() -> Vec<Vec<u8>> {
        vec![vec![1, 2, 3]]
    }

    let log = capture();
    of_tuple();
    assert_golden!("result_logging/list_index_length", log);
    log.clear();
    of_list();
    assert_result(&log, json!({"n": 3}));
}

/// Differs: what is not there is `null`, and stands for itself and not for the whole value.
#[test]
fn list_nothing_resolves() {
    #[operation(result(item9 = get(9)))]
    fn run() -> Vec<&'static str> {
        vec!["a", "b"]
    }

    let log = capture();
    run();
    assert_result(&log, json!({"item9": null}));
}

/// Differs: as in [`list_nothing_resolves`].
#[test]
fn empty_list_with_specs() {
    #[operation(result(item0 = first()))]
    fn run() -> Vec<&'static str> {
        Vec::new()
    }

    let log = capture();
    run();
    assert_result(&log, json!({"item0": null}));
}

#[test]
fn not_on_failure() {
    #[operation(result)]
    fn run() -> Result<u8, ValueError> {
        Err(ValueError("boom"))
    }

    let log = capture();
    run().unwrap_err();
    assert_golden!("result_logging/not_on_failure", log);
}
