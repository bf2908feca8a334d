//! A policy silences `invoke` and `success`, never a failure or a cancellation.

use std::cell::Cell;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_invocation::{ErrorClass, EventMetadata, Level, Outcome, Settings, operation};

use super::logged;
use crate::golden::{assert_golden, case};
use crate::support::{only, poll_once, story};

/// Errors that consist of a text.
macro_rules! text_errors {
    ($($name:ident)*) => {
        $(
            #[derive(Debug, PartialEq)]
            struct $name(&'static str);

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(self.0)
                }
            }

            impl std::error::Error for $name {}
        )*
    };
}

text_errors! { AppError CancelledError ValueError }

const BOOM: ValueError = ValueError("boom");

fn denying() -> Settings {
    Settings::default().with_policy(|_: &EventMetadata<'_>| false)
}

#[operation(fields(item))]
fn run(item: &str, fail: bool) -> Result<u8, ValueError> {
    if fail { Err(BOOM) } else { Ok(1) }
}

#[test]
fn disabled_success() {
    let log = logged(denying(), || assert_eq!(run("i-1", false), Ok(1)));
    assert_golden!("event_policy/disabled_success", log);
}

/// Differs: without its context, which was not looked at when the call was refused.
#[test]
fn disabled_failure() {
    let log = logged(denying(), || assert_eq!(run("i-1", true), Err(BOOM)));
    assert_eq!(story(&log), ["run failed"]);
    let failed = only(&log, "run", Outcome::Failed);
    assert_eq!(failed.level, Level::Error);
    assert_eq!(json!(failed.payload), json!({"error": {"type": "ValueError", "message": "boom"}}));
}

#[test]
fn disabled_cancellation() {
    #[operation(errors = |_: &CancelledError| ErrorClass::Cancelled)]
    async fn run() -> Result<(), CancelledError> {
        Err(CancelledError("stop"))
    }
    let log = logged(denying(), || assert!(poll_once(pin!(run())).is_ready()));
    assert_golden!("event_policy/disabled_cancellation", log);
}

/// A refused call that is dropped, and one that fails: level, names and entity are those of any other call.
#[test]
fn what_is_recorded_of_a_refused_call_has_its_level_and_entity() {
    #[operation(entity_id = "e-1")]
    async fn wait() {
        std::future::pending().await
    }
    #[operation(entity_id = "e-2")]
    async fn fail() -> Result<(), ValueError> {
        Err(BOOM)
    }
    let log = logged(denying(), || {
        assert!(poll_once(pin!(wait())).is_pending());
        assert!(poll_once(pin!(fail())).is_ready());
    });
    assert_eq!(story(&log), ["wait cancelled", "fail failed"]);
    let cancelled = only(&log, "wait", Outcome::Cancelled);
    assert_eq!((cancelled.level, cancelled.entity_id.as_deref()), (Level::Info, Some("e-1")));
    assert_eq!(cancelled.payload["cancelled"], true);
    let failed = only(&log, "fail", Outcome::Failed);
    assert_eq!((failed.level, failed.entity_id.as_deref()), (Level::Error, Some("e-2")));
}

#[test]
fn disabled_awaitable() {
    #[operation]
    fn good() -> impl Future<Output = u8> {
        async { 1 }
    }
    #[operation]
    fn bad() -> impl Future<Output = Result<u8, ValueError>> {
        async { Err(BOOM) }
    }
    let log = logged(denying(), || {
        assert!(poll_once(pin!(good())).is_ready());
        assert!(poll_once(pin!(bad())).is_ready());
    });
    assert_golden!("event_policy/disabled_awaitable", log);
}

#[test]
fn inner_disabled_outer_enabled() {
    #[operation(namespace = "example.inner")]
    fn inner() -> Result<u8, ValueError> {
        Err(BOOM)
    }
    #[operation(namespace = "example")]
    fn outer() -> Result<u8, ValueError> {
        inner()
    }
    let policy = |event: &EventMetadata<'_>| event.event_namespace == "example";
    let log = logged(Settings::default().with_policy(policy), || assert_eq!(outer(), Err(BOOM)));
    assert_golden!("event_policy/inner_disabled_outer_enabled", log);
}

#[test]
fn switched_on_during_the_call() {
    static ALLOWED: AtomicBool = AtomicBool::new(false);
    #[operation("run")]
    fn switching() {
        ALLOWED.store(true, Ordering::Relaxed);
    }
    let policy = |_: &EventMetadata<'_>| ALLOWED.load(Ordering::Relaxed);
    let log = logged(Settings::default().with_policy(policy), switching);
    assert_golden!("event_policy/switched_on_during_the_call", log);
}

/// Differs: the place in the code is known, file, line and the span's name.
#[test]
fn asked_once_per_call_with_metadata() {
    struct Connection;
    impl Connection {
        #[operation(entity_id = "conn-1", namespace = "example")]
        fn run(&self) {}
    }
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let policy = move |event: &EventMetadata<'_>| {
        let asked = json!({
            "event_namespace": event.event_namespace,
            "event_name": event.event_name,
            "entity_id": event.entity_id,
        });
        assert_eq!((event.file, event.function), (Some(file!()), Some("run")));
        assert!(event.line.is_some());
        noted.lock().unwrap().push(asked);
        true
    };
    let log = logged(Settings::default().with_policy(policy), || {
        Connection.run();
        Connection.run();
    });
    assert_golden!("event_policy/asked_once_per_call_with_metadata", log);
    let mut expected =
        case("event_policy/asked_once_per_call_with_metadata").observed["asked"].clone();
    for question in expected.as_array_mut().unwrap() {
        question.as_object_mut().unwrap().retain(|key, _| !key.starts_with("source_"));
    }
    assert_eq!(json!(*asked.lock().unwrap()), expected);
}

/// Differs: the expressions are evaluated, for other layers see the span; their values are not looked at.
#[test]
fn disabled_does_no_payload_work() {
    struct Probe;
    impl serde::Serialize for Probe {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            READS.set(READS.get() + 1);
            to.serialize_unit()
        }
    }
    thread_local! {
        static READS: Cell<u8> = const { Cell::new(0) };
    }
    #[operation("run", fields(state = Probe), args(value))]
    fn work(value: Probe) {}
    let log = logged(denying(), || work(Probe));
    assert_eq!(READS.get(), 0);
    assert_golden!("event_policy/disabled_does_no_payload_work", log);
    logged(Settings::default(), || work(Probe));
    assert!(READS.get() > 0);
}

/// Differs: a policy belongs to a layer, and names namespaces by patterns of its own.
#[test]
fn not_inherited() {
    #[operation("run", namespace = "app")]
    fn parent() {}
    #[operation("run", namespace = "app.db")]
    fn child() {}
    let policy = |event: &EventMetadata<'_>| event.event_namespace != "app";
    let log = logged(Settings::default().with_policy(policy), || {
        parent();
        child();
    });
    assert_golden!("event_policy/not_inherited", log);
}

/// From the group `error_policy`: what an error counts as holds for a refused call as well.
#[test]
fn rules_when_event_disabled() {
    #[operation("run", errors = |_: &AppError| ErrorClass::Suppressed)]
    fn suppressed() -> Result<(), AppError> {
        Err(AppError("boom"))
    }
    let log = logged(denying(), || assert_eq!(suppressed(), Err(AppError("boom"))));
    assert_golden!("error_policy/rules_when_event_disabled", log);
}

/// From the group `context_resolution`: a call that opts out is not asked about.
#[test]
fn opt_out_skips_entity_and_policy() {
    #[operation(when = false, entity_id = entity())]
    fn quiet() {}
    fn entity() -> u8 {
        panic!("looked up")
    }
    let policy = |_: &EventMetadata<'_>| panic!("asked");
    let log = logged(Settings::default().with_policy(policy), quiet);
    assert_eq!(log.lines(), [""; 0]);
}
