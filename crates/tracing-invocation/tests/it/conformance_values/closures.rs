//! Values from around a function, which are arguments here: an attribute sees nothing of the surroundings of a
//! function but what has a path, and an expression in `args(..)` reads that.

use std::cell::RefCell;

use serde::{Serialize, Serializer, ser};
use serde_json::json;
use tracing_invocation::operation;

use super::assert_tells;
use crate::golden::assert_golden;
use crate::support::capture;

#[test]
fn empty() {
    #[operation(args())]
    fn run() {}

    let log = capture();
    run();
    assert_golden!("closures/empty", log);
}

/// Differs: values from around stand among the arguments, under `args`.
#[test]
fn read_at_every_call() {
    thread_local! {
        static SHARED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    #[operation(args(shared = SHARED.with_borrow(Vec::clone)))]
    fn run() {}

    let log = capture();
    for item in [1, 2] {
        SHARED.with_borrow_mut(|shared| shared.push(item));
        run();
    }
    assert_golden!("closures/read_at_every_call", log);
}

/// Differs: the mark is `<unprintable>`, and it stands for any value that cannot be written, wherever it stands. A secret
/// is not even tried.
#[test]
fn cannot_be_normalized() {
    struct Token;

    impl Serialize for Token {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(ser::Error::custom("secret"))
        }
    }

    static TARGET: &str = "ldap";

    #[operation(args(token = Token, pass = Token, user = Token, target = TARGET))]
    fn run() {}

    let log = capture();
    run();
    assert_tells(
        &log,
        [
            (
                "run invoke DEBUG",
                json!({"args": {
                    "token": "<redacted>",
                    "pass": "<redacted>",
                    "user": "<unprintable>",
                    "target": "ldap",
                }}),
            ),
            ("run success DEBUG", json!({})),
        ],
    );
}
