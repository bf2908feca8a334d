//! What errors count as: by what everybody knows, by a layer's rules, and by what the operation says.

use std::error::Error;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use serde_json::json;
use tokio::task::JoinError;
use tokio::time::error::Elapsed;
use tracing::subscriber::set_default;
use tracing_invocation::testing::Log;
use tracing_invocation::{ErrorClass, FutureExt as _, InvocationLayer, Level, Outcome, operation};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::{Shop, not_found};
use crate::support::{capture, check_lines, only};

#[operation("run")]
fn run<E: Error + 'static>(error: E) -> Result<(), E> {
    Err(error)
}

#[operation("run")]
fn run_boxed(error: impl Error + 'static) -> Result<(), Box<dyn Error>> {
    Err(error.into())
}

#[operation("run")]
fn run_anyhow(error: impl Error + Send + Sync + 'static) -> anyhow::Result<()> {
    Err(anyhow::Error::new(error).context("wrapped"))
}

/// The outcome and level of what `program` does, in a layer with rules of its own.
#[track_caller]
fn classified(
    rules: impl FnOnce(InvocationLayer) -> InvocationLayer,
    program: impl FnOnce(),
) -> (Outcome, Level) {
    let log = Log::new();
    let _guard = set_default(registry().with(rules(log.layer())));
    program();
    check_lines(&log);
    log.assert_every_invoke_ended_once();
    let [_, end] = log.records().try_into().unwrap();
    (end.event_outcome, end.level)
}

const FAILED: (Outcome, Level) = (Outcome::Failed, Level::Error);
const SUPPRESSED: (Outcome, Level) = (Outcome::Failed, Level::Debug);
const SUCCESS: (Outcome, Level) = (Outcome::Success, Level::Debug);
const CANCELLED: (Outcome, Level) = (Outcome::Cancelled, Level::Info);

#[derive(Debug)]
struct Waited(JoinError);

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("waited in vain")
    }
}

impl Error for Waited {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

async fn aborted() -> JoinError {
    let task = tokio::spawn(pending::<()>());
    task.abort();
    task.await.unwrap_err()
}

async fn panicked() -> JoinError {
    tokio::spawn(async { panic!("in a task") }).await.unwrap_err()
}

#[tokio::test]
async fn a_task_that_was_aborted_is_a_cancellation() {
    let error = aborted().await;
    let message = error.to_string();
    let log = capture();
    run(error).unwrap_err();
    let told = only(&log, "run", Outcome::Cancelled);
    let expected = json!({"cancelled": true, "error": {"type": "JoinError", "message": message}});
    assert_eq!((json!(told.payload), told.level), (expected, Level::Info));
}

#[tokio::test]
async fn a_task_that_was_aborted_is_a_cancellation_wherever_it_stands_in_the_chain() {
    let waited = Waited(aborted().await);
    assert_eq!(classified(|layer| layer, || drop(run(waited))), CANCELLED);
    let waited = Waited(aborted().await);
    assert_eq!(classified(|layer| layer, || drop(run_boxed(waited))), CANCELLED);
    let waited = Waited(aborted().await);
    assert_eq!(classified(|layer| layer, || drop(run_anyhow(waited))), CANCELLED);
    let tried = async { Err::<(), _>(Waited(aborted().await)) };
    let log = capture();
    tried.try_operation(tracing::info_span!("run")).await.unwrap_err();
    log.assert_last("run")
        .ended(Outcome::Cancelled)
        .with_payload("/error/message", "waited in vain");
}

#[tokio::test]
async fn a_task_that_panicked_is_a_failure() {
    let error = panicked().await;
    assert_eq!(classified(|layer| layer, || drop(run(error))), FAILED);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_elapsed_is_a_failure_and_what_it_dropped_is_cancelled() {
    #[operation]
    async fn inner() {
        pending().await
    }
    #[operation]
    async fn outer() -> Result<(), Elapsed> {
        tokio::time::timeout(Duration::from_secs(1), inner()).await
    }
    let log = capture();
    outer().await.unwrap_err();
    log.assert_last("inner").ended(Outcome::Cancelled);
    let told = only(&log, "outer", Outcome::Failed);
    let expected = json!({"error": {"type": "Elapsed", "message": "deadline has elapsed"}});
    assert_eq!((json!(told.payload), told.level), (expected, Level::Error));
}

#[test]
fn a_rule_decides_what_errors_of_its_type_count_as() {
    let classes = [
        (ErrorClass::Full, FAILED),
        (ErrorClass::Suppressed, SUPPRESSED),
        (ErrorClass::Success, SUCCESS),
        (ErrorClass::Cancelled, CANCELLED),
    ];
    for (class, expected) in classes {
        let rules = |layer: InvocationLayer| layer.with_error_class(move |_: &io::Error| class);
        assert_eq!(classified(rules, || drop(run(not_found()))), expected);
        let other = || drop(run_boxed(fmt::Error));
        assert_eq!(classified(rules, other), FAILED, "of another type");
    }
}

#[test]
fn a_rule_sees_the_error_itself() {
    let rules = |layer: InvocationLayer| {
        layer.with_error_class(|error: &io::Error| match error.kind() {
            io::ErrorKind::NotFound => ErrorClass::Success,
            _ => ErrorClass::Full,
        })
    };
    assert_eq!(classified(rules, || drop(run(not_found()))), SUCCESS);
    let other = io::Error::from(io::ErrorKind::TimedOut);
    assert_eq!(classified(rules, || drop(run(other))), FAILED);
}

#[test]
fn a_rule_finds_its_error_along_the_chain_of_causes() {
    let rules =
        |layer: InvocationLayer| layer.with_error_class(|_: &io::Error| ErrorClass::Suppressed);
    let caused = || Shop::Io(not_found());
    assert_eq!(classified(rules, || drop(run(caused()))), SUPPRESSED);
    assert_eq!(classified(rules, || drop(run_boxed(caused()))), SUPPRESSED);
    assert_eq!(classified(rules, || drop(run_anyhow(caused()))), SUPPRESSED);
    let other = || Shop::SoldOut { item: "pears" };
    assert_eq!(classified(rules, || drop(run(other()))), FAILED);
}

#[test]
fn a_rule_finds_its_error_in_whatever_holds_it() {
    type Shared = Arc<dyn Error + Send + Sync>;
    let rules = |layer: InvocationLayer| layer.with_error_class(|_: &Shop| ErrorClass::Suppressed);
    let error = || Shop::SoldOut { item: "pears" };
    let shared = || -> Shared { Arc::new(error()) };
    assert_eq!(classified(rules, || drop(run(Box::new(error())))), SUPPRESSED);
    assert_eq!(classified(rules, || drop(run(Arc::new(error())))), SUPPRESSED);
    assert_eq!(classified(rules, || drop(run(shared()))), SUPPRESSED);
    assert_eq!(classified(rules, || drop(run(io::Error::other(shared())))), SUPPRESSED);
    assert_eq!(classified(rules, || drop(run_boxed(io::Error::other(error())))), SUPPRESSED);
    assert_eq!(classified(rules, || drop(run(io::Error::other("pears")))), FAILED);
}

#[test]
fn the_first_rule_that_matches_wins_whether_it_matches_the_error_or_a_cause() {
    let cause_first = |layer: InvocationLayer| {
        layer
            .with_error_class(|_: &io::Error| ErrorClass::Success)
            .with_error_class(|_: &Shop| ErrorClass::Cancelled)
    };
    let error_first = |layer: InvocationLayer| {
        layer
            .with_error_class(|_: &Shop| ErrorClass::Cancelled)
            .with_error_class(|_: &io::Error| ErrorClass::Success)
    };
    let caused = || Shop::Io(not_found());
    assert_eq!(classified(cause_first, || drop(run(caused()))), SUCCESS);
    assert_eq!(classified(error_first, || drop(run(caused()))), CANCELLED);
    let other = || Shop::SoldOut { item: "pears" };
    assert_eq!(classified(cause_first, || drop(run(other()))), CANCELLED);

    let twice = |layer: InvocationLayer| {
        layer
            .with_error_class(|_: &io::Error| ErrorClass::Suppressed)
            .with_error_class(|_: &io::Error| ErrorClass::Success)
    };
    assert_eq!(classified(twice, || drop(run(not_found()))), SUPPRESSED);
}

#[test]
fn a_rule_that_panics_has_no_say() {
    fn gives_up(_: &io::Error) -> ErrorClass {
        panic!("a rule gave up")
    }
    let alone = |layer: InvocationLayer| layer.with_error_class(gives_up);
    assert_eq!(classified(alone, || drop(run(not_found()))), FAILED);
    let first = |layer: InvocationLayer| {
        layer.with_error_class(gives_up).with_error_class(|_: &io::Error| ErrorClass::Success)
    };
    assert_eq!(classified(first, || drop(run(not_found()))), SUCCESS);
}

#[tokio::test]
async fn a_rule_has_precedence_over_what_everybody_knows() {
    let rules = |layer: InvocationLayer| layer.with_error_class(|_: &JoinError| ErrorClass::Full);
    let error = aborted().await;
    assert_eq!(classified(rules, || drop(run(error))), FAILED);
    let waited = Waited(aborted().await);
    assert_eq!(classified(rules, || drop(run(waited))), FAILED);
}

#[test]
fn what_the_operation_says_has_precedence_over_rules() {
    #[operation("run", errors = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound => Some(ErrorClass::Success),
        io::ErrorKind::Other => panic!("no say either"),
        _ => None,
    })]
    fn run(kind: io::ErrorKind) -> io::Result<()> {
        Err(kind.into())
    }
    let rules =
        |layer: InvocationLayer| layer.with_error_class(|_: &io::Error| ErrorClass::Suppressed);
    let ends = [io::ErrorKind::NotFound, io::ErrorKind::TimedOut, io::ErrorKind::Other]
        .map(|kind| classified(rules, || drop(run(kind))));
    assert_eq!(ends, [SUCCESS, SUPPRESSED, SUPPRESSED]);
}

#[test]
fn each_layer_has_rules_of_its_own_and_takes_them_along() {
    let (one, other) = (Log::new(), Log::new());
    let suppressing = one.layer().with_error_class(|_: &io::Error| ErrorClass::Suppressed);
    let forgiving = other.layer().with_error_class(|_: &io::Error| ErrorClass::Success);
    {
        let _guard = set_default(registry().with(suppressing).with(forgiving));
        run(not_found()).unwrap_err();
    }
    assert_eq!(only(&one, "run", Outcome::Failed).level, Level::Debug);
    other.assert_last("run").ended(Outcome::Success);
    assert_eq!(classified(|layer| layer, || drop(run(not_found()))), FAILED);
}

#[test]
fn an_error_that_counts_as_success_leaves_nothing_of_itself() {
    let log = Log::new();
    let forgiving = log.layer().with_error_class(|_: &io::Error| ErrorClass::Success);
    let _guard = set_default(registry().with(forgiving));
    run(not_found()).unwrap_err();
    assert!(only(&log, "run", Outcome::Success).payload.is_empty());
}
