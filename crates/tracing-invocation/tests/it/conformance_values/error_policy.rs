//! What errors count as: rules of a layer, by type in the order in which it was told, or a function of an operation.

use std::error::Error;
use std::fmt;
use std::io;

use serde_json::json;
use tokio::task::yield_now;
use tracing_invocation::ErrorClass::{self, Full, Suppressed};
use tracing_invocation::operation;

use super::{assert_tells, capture_through};
use crate::golden::assert_golden;
use crate::support::capture;

text_errors! { AppError ValueError }

/// A kind of [`AppError`]: one is its cause.
#[derive(Debug)]
struct NetError(&'static str, AppError);

const DOWN: NetError = NetError("down", AppError("no link"));

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for NetError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.1)
    }
}

#[operation("run")]
fn run_app() -> Result<(), AppError> {
    Err(AppError("boom"))
}

#[operation("run")]
fn run_net() -> Result<(), NetError> {
    Err(DOWN)
}

#[operation("run")]
fn run_value() -> Result<(), ValueError> {
    Err(ValueError("boom"))
}

#[test]
fn force_on_first_sight() {
    let (log, _guard) = capture_through(|layer| layer.with_error_class(|_: &AppError| Full));
    run_app().unwrap_err();
    assert_golden!("error_policy/force_on_first_sight", log);
}

#[test]
fn suppress_on_first_sight() {
    let (log, _guard) = capture_through(|layer| layer.with_error_class(|_: &AppError| Suppressed));
    run_app().unwrap_err();
    assert_golden!("error_policy/suppress_on_first_sight", log);
}

#[test]
fn no_rule_matches() {
    let (log, _guard) = capture_through(|layer| layer.with_error_class(|_: &AppError| Suppressed));
    run_value().unwrap_err();
    assert_golden!("error_policy/no_rule_matches", log);
}

#[test]
fn empty_rules() {
    #[operation(errors = |_: &ValueError| None)]
    fn run() -> Result<(), ValueError> {
        Err(ValueError("boom"))
    }

    let log = capture();
    run().unwrap_err();
    assert_golden!("error_policy/empty_rules", log);
}

/// Differs: an error is of a kind by its cause, and what a rule of a layer says of the cause, it says of the error.
#[test]
fn subtype_matches_base_rule() {
    let (log, _guard) = capture_through(|layer| layer.with_error_class(|_: &AppError| Suppressed));
    run_net().unwrap_err();
    assert_golden!("error_policy/subtype_matches_base_rule", log);
}

#[test]
fn base_rule_first() {
    let (log, _guard) = capture_through(|layer| {
        layer.with_error_class(|_: &AppError| Suppressed).with_error_class(|_: &NetError| Full)
    });
    run_net().unwrap_err();
    assert_golden!("error_policy/base_rule_first", log);
}

#[test]
fn subtype_rule_first_base_error() {
    let (log, _guard) = capture_through(|layer| {
        layer.with_error_class(|_: &NetError| Full).with_error_class(|_: &AppError| Suppressed)
    });
    run_app().unwrap_err();
    assert_golden!("error_policy/subtype_rule_first_base_error", log);
}

/// Differs: `ERROR` is the most severe level.
#[test]
fn custom_levels() {
    text_errors! { NetError }

    #[operation(levels(failed = "error", suppressed = "warn"))]
    fn run(error: NetError) -> Result<(), NetError> {
        Err(error)
    }

    let (log, _guard) = capture_through(|layer| {
        layer.with_error_class(|_: &NetError| Full).with_error_class(|_: &AppError| Suppressed)
    });
    run(NetError("down")).unwrap_err();
    assert_golden!("error_policy/custom_levels", log);
}

/// A function of an operation tells errors apart by their variants.
#[test]
fn variants_of_one_error_count_as_different_things() {
    #[derive(Debug)]
    enum AnyError {
        Net(&'static str),
        Other,
    }

    impl fmt::Display for AnyError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(match self {
                Self::Net(text) => text,
                Self::Other => "other",
            })
        }
    }

    impl Error for AnyError {}

    fn class(error: &AnyError) -> ErrorClass {
        match error {
            AnyError::Net(_) => Full,
            AnyError::Other => Suppressed,
        }
    }

    #[operation(errors = class, levels(failed = "error", suppressed = "warn"))]
    fn run(error: AnyError) -> Result<(), AnyError> {
        Err(error)
    }

    let log = capture();
    run(AnyError::Net("down")).unwrap_err();
    run(AnyError::Other).unwrap_err();
    let down = json!({"type": "AnyError", "message": "down"});
    assert_tells(
        &log,
        [
            ("run invoke DEBUG", json!({})),
            ("run failed ERROR", json!({"error": down})),
            ("run invoke DEBUG", json!({})),
            ("run failed WARN", json!({})),
        ],
    );
}

#[operation("inner", errors = |_: &AppError| Suppressed)]
fn suppressing_inner() -> Result<(), AppError> {
    Err(AppError("boom"))
}

/// Differs: the outer record points at the inner one, which has no detail either.
#[test]
fn suppressing_rule_also_marks() {
    #[operation]
    fn outer() -> Result<(), AppError> {
        suppressing_inner()
    }

    let log = capture();
    outer().unwrap_err();
    assert_golden!("error_policy/suppressing_rule_also_marks", log);
}

#[test]
fn suppressed_inside_forced_outside() {
    #[operation(errors = |_: &AppError| Full)]
    fn outer() -> Result<(), AppError> {
        suppressing_inner()
    }

    let log = capture();
    outer().unwrap_err();
    assert_golden!("error_policy/suppressed_inside_forced_outside", log);
}

#[test]
fn forced_at_every_level() {
    fn full(_: &AppError) -> ErrorClass {
        Full
    }
    #[operation(errors = full)]
    fn inner() -> Result<(), AppError> {
        Err(AppError("boom"))
    }
    #[operation(errors = full)]
    fn middle() -> Result<(), AppError> {
        inner()
    }
    #[operation(errors = full)]
    fn outer() -> Result<(), AppError> {
        middle()
    }

    let log = capture();
    outer().unwrap_err();
    assert_golden!("error_policy/forced_at_every_level", log);
}

#[tokio::test]
async fn rules_on_async_and_awaitable() {
    #[operation(errors = |_: &AppError| Suppressed)]
    async fn arun() -> Result<(), AppError> {
        yield_now().await;
        Err(AppError("boom"))
    }
    #[operation(errors = |_: &AppError| Suppressed)]
    fn send() -> impl Future<Output = Result<(), AppError>> {
        async {
            yield_now().await;
            Err(AppError("boom"))
        }
    }

    let log = capture();
    arun().await.unwrap_err();
    send().await.unwrap_err();
    assert_golden!("error_policy/rules_on_async_and_awaitable", log);
}

#[test]
fn rules_with_context_fields() {
    fn class(error: &io::Error) -> Option<ErrorClass> {
        (error.kind() == io::ErrorKind::NotFound).then_some(Suppressed)
    }

    #[operation(fields(path), errors = class)]
    fn load(path: &'static str) -> Result<(), io::Error> {
        Err(io::Error::new(io::ErrorKind::NotFound, path))
    }

    let log = capture();
    load("/x").unwrap_err();
    assert_golden!("error_policy/rules_with_context_fields", log);
}
