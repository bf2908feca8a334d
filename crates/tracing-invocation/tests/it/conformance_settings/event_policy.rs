//! A policy silences `invoke` and `success`, never a failure or a cancellation.

use std::cell::Cell;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_invocation::{ErrorClass, EventMetadata, Level, Outcome, Settings, operation};

use super::logged;
use crate::support::{only, poll_once, story};

fn denying() -> Settings {
    Settings::default().with_policy(|_: &EventMetadata<'_>| false)
}

#[operation(fields(item))]
fn run(item: &str, fail: bool) -> Result<u8, &'static str> {
    if fail { Err("boom") } else { Ok(1) }
}

#[test]
fn disabled_success() {
    let log = logged(denying(), || assert_eq!(run("i-1", false), Ok(1)));
    assert_eq!(log.lines(), [""; 0]);
}

/// Differs: without its context, which was not looked at when the call was refused.
#[test]
fn disabled_failure() {
    let log = logged(denying(), || assert_eq!(run("i-1", true), Err("boom")));
    assert_eq!(story(&log), ["run failed"]);
    let failed = only(&log, "run", Outcome::Failed);
    assert_eq!(failed.level, Level::Error);
    assert_eq!(json!(failed.payload), json!({"error": {"type": "&str", "message": "boom"}}));
}

#[test]
fn disabled_cancellation() {
    #[operation("run")]
    async fn wait() {
        std::future::pending().await
    }
    let log = logged(denying(), || assert!(poll_once(pin!(wait())).is_pending()));
    assert_eq!(story(&log), ["run cancelled"]);
    assert_eq!(only(&log, "run", Outcome::Cancelled).payload["cancelled"], true);
}

#[test]
fn disabled_awaitable() {
    #[operation]
    fn good() -> impl Future<Output = u8> {
        async { 1 }
    }
    #[operation]
    fn bad() -> impl Future<Output = Result<u8, &'static str>> {
        async { Err("boom") }
    }
    let log = logged(denying(), || {
        assert!(poll_once(pin!(good())).is_ready());
        assert!(poll_once(pin!(bad())).is_ready());
    });
    assert_eq!(story(&log), ["bad failed"]);
}

/// Differs: the outer record points to the inner one.
#[test]
fn inner_disabled_outer_enabled() {
    #[operation]
    fn outer() -> Result<u8, &'static str> {
        run("i-1", true)
    }
    let settings =
        Settings::default().with_policy(|event: &EventMetadata<'_>| event.event_name == "outer");
    let log = logged(settings, || assert_eq!(outer(), Err("boom")));
    assert_eq!(story(&log), ["outer invoke", "run failed", "outer failed"]);
    let inner = only(&log, "run", Outcome::Failed);
    let outer = only(&log, "outer", Outcome::Failed);
    assert_eq!((inner.level, outer.level), (Level::Error, Level::Debug));
    assert_eq!(json!(outer.payload), json!({"caused_by": inner.span_id}));
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
    assert_eq!(log.lines(), [""; 0]);
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
        let names = [event.event_namespace, event.event_name, event.entity_id.unwrap()];
        assert_eq!((event.file, event.function), (Some(file!()), Some("run")));
        assert!(event.line.is_some());
        noted.lock().unwrap().push(names.map(str::to_owned));
        true
    };
    let log = logged(Settings::default().with_policy(policy), || {
        Connection.run();
        Connection.run();
    });
    assert_eq!(log.lines().len(), 4);
    assert_eq!(*asked.lock().unwrap(), [["example", "run", "conn-1"]; 2]);
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
    #[operation(fields(state = Probe), args(value))]
    fn work(value: Probe) {}
    logged(denying(), || work(Probe));
    assert_eq!(READS.get(), 0);
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
    let namespaces: Vec<_> =
        log.records().into_iter().map(|record| record.event_namespace).collect();
    assert_eq!(namespaces, ["app.db", "app.db"]);
}

/// From the group `error_policy`: what an error counts as holds for a refused call as well.
#[test]
fn rules_when_event_disabled() {
    #[operation("run", errors = |_: &&str| ErrorClass::Suppressed)]
    fn suppressed() -> Result<(), &'static str> {
        Err("boom")
    }
    let log = logged(denying(), || assert_eq!(suppressed(), Err("boom")));
    assert_eq!(story(&log), ["run failed"]);
    let failed = only(&log, "run", Outcome::Failed);
    assert_eq!((failed.level, failed.payload.len()), (Level::Debug, 0));
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
