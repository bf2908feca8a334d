//! One error passing through several operations is told in full once.

mod across;

use std::error::Error as StdError;
use std::fmt;

use serde_json::json;
use tokio::task::yield_now;
use tracing_invocation::Level::{Debug, Error};
use tracing_invocation::Outcome::{Failed, Invoke};
use tracing_invocation::{ErrorClass, operation};

use super::{ValueError, assert_tells, error};
use crate::golden::assert_golden;
use crate::support::capture;

#[operation]
fn inner() -> Result<(), ValueError> {
    Err(ValueError("boom"))
}

/// What an outer record says of an error that `inner` told in full.
fn caused_by_inner() -> serde_json::Value {
    json!({"caused_by": "inner"})
}

/// The outer records name the operation that told the error.
#[test]
fn three_levels_sync() {
    #[operation]
    fn middle() -> Result<(), ValueError> {
        inner()
    }
    #[operation]
    fn outer() -> Result<(), ValueError> {
        middle()
    }
    let log = capture();
    outer().unwrap_err();
    assert_golden!("suppression/three_levels_sync", log);
}

/// The outer records name the operation that told the error.
#[tokio::test]
async fn three_levels_async() {
    #[operation]
    async fn inner() -> Result<(), ValueError> {
        yield_now().await;
        Err(ValueError("boom"))
    }
    #[operation]
    async fn middle() -> Result<(), ValueError> {
        yield_now().await;
        inner().await
    }
    #[operation]
    async fn outer() -> Result<(), ValueError> {
        yield_now().await;
        middle().await
    }
    let log = capture();
    outer().await.unwrap_err();
    assert_golden!("suppression/three_levels_async", log);
}

/// A wrapper that names its source is the same error, and is told in full only where it hides it.
#[test]
fn wrapped_in_the_middle_only() {
    #[derive(Debug)]
    struct RuntimeError {
        source: Option<ValueError>,
    }
    impl fmt::Display for RuntimeError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("save")
        }
    }
    impl StdError for RuntimeError {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.source.as_ref().map(|source| source as _)
        }
    }
    #[operation]
    fn inner() -> Result<(), ValueError> {
        Err(ValueError("disk"))
    }
    #[operation]
    fn middle(hides: bool) -> Result<(), RuntimeError> {
        inner().map_err(|error| RuntimeError { source: Some(error).filter(|_| !hides) })
    }
    #[operation]
    fn outer(hides: bool) -> Result<(), RuntimeError> {
        middle(hides)
    }
    let log = capture();
    outer(true).unwrap_err();
    assert_golden!("suppression/wrapped_in_the_middle_only", log);

    log.clear();
    outer(false).unwrap_err();
    assert_tells(
        &log,
        [
            ("outer", Invoke, Debug, json!({})),
            ("middle", Invoke, Debug, json!({})),
            ("inner", Invoke, Debug, json!({})),
            ("inner", Failed, Error, error("ValueError", "disk")),
            ("middle", Failed, Debug, caused_by_inner()),
            ("outer", Failed, Debug, caused_by_inner()),
        ],
    );
}

#[test]
fn handled_in_the_middle() {
    #[operation]
    fn middle() {
        inner().unwrap_err();
    }
    #[operation]
    fn outer() {
        middle();
    }
    let log = capture();
    outer();
    assert_golden!("suppression/handled_in_the_middle", log);
}

#[test]
fn equal_but_distinct_errors() {
    #[operation]
    fn run() -> Result<(), ValueError> {
        Err(ValueError("boom"))
    }
    let log = capture();
    run().unwrap_err();
    run().unwrap_err();
    assert_golden!("suppression/equal_but_distinct_errors", log);
}

/// No error needs to carry a mark: one of any type is told once.
#[test]
fn mark_cannot_be_stored() {
    struct Sealed;
    #[operation("inner")]
    fn sealed() -> Result<(), Sealed> {
        Err(Sealed)
    }
    #[operation]
    fn outer() -> Result<(), Sealed> {
        sealed()
    }
    impl fmt::Debug for Sealed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("boom")
        }
    }
    let log = capture();
    outer().unwrap_err();
    assert_tells(
        &log,
        [
            ("outer", Invoke, Debug, json!({})),
            ("inner", Invoke, Debug, json!({})),
            ("inner", Failed, Error, error("Sealed", "boom")),
            ("outer", Failed, Debug, caused_by_inner()),
        ],
    );
}

#[test]
fn inner_opted_out() {
    #[operation(when = recorded)]
    fn inner(recorded: bool) -> Result<(), ValueError> {
        let _ = recorded;
        Err(ValueError("boom"))
    }
    #[operation]
    fn outer() -> Result<(), ValueError> {
        inner(false)
    }
    let log = capture();
    outer().unwrap_err();
    assert_golden!("suppression/inner_opted_out", log);
}

/// A mark is a matter of the error's own type, and the operation says what it means.
#[test]
fn already_marked_by_hand() {
    struct Marked {
        is_logged: bool,
    }
    #[operation(errors = |error: &Marked| error.is_logged.then_some(ErrorClass::Suppressed))]
    fn run() -> Result<(), Marked> {
        Err(Marked { is_logged: true })
    }
    let log = capture();
    assert!(run().is_err());
    assert_golden!("suppression/already_marked_by_hand", log);
}

/// The outer record names the operation that told the error, beside its own fields.
#[test]
fn context_fields_stay_on_suppressed() {
    #[operation(fields(item))]
    fn inner(item: &str) -> Result<(), ValueError> {
        let _ = item;
        Err(ValueError("boom"))
    }
    #[operation(fields(request))]
    fn outer(request: &str) -> Result<(), ValueError> {
        let _ = request;
        inner("i-1")
    }
    let log = capture();
    outer("r-1").unwrap_err();
    assert_golden!("suppression/context_fields_stay_on_suppressed", log);
}

/// The outer record names the operation that told the error.
#[test]
fn custom_suppressed_level() {
    #[operation(levels(suppressed = "warn"))]
    fn outer() -> Result<(), ValueError> {
        inner()
    }
    let log = capture();
    outer().unwrap_err();
    assert_golden!("suppression/custom_suppressed_level", log);
}

#[test]
fn grouped_error_is_new() {
    #[derive(Debug)]
    struct ExceptionGroup(Vec<ValueError>);
    impl fmt::Display for ExceptionGroup {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "several ({} sub-exception)", self.0.len())
        }
    }
    impl StdError for ExceptionGroup {}
    #[operation]
    fn outer() -> Result<(), ExceptionGroup> {
        inner().map_err(|error| ExceptionGroup(vec![error]))
    }
    let log = capture();
    outer().unwrap_err();
    assert_golden!("suppression/grouped_error_is_new", log);
}
