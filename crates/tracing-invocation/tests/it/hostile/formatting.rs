//! Values that panic, log or never end while they are formatted.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};

use serde_json::json;
use tracing::field::{Empty, Value, debug, display};
use tracing::{info_span, instrument};
use tracing_invocation::convention::mark;
use tracing_invocation::{Outcome, testing};

use super::tools::{HandMade, PanicsOnDrop, alone};
use crate::support::{capture, check_lines, only, story};

/// Says what it says by a function, as `Debug` and as `Display`.
struct Says<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Debug for Says<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0(f)
    }
}

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Says<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0(f)
    }
}

#[test]
fn a_value_that_panics_leaves_a_mark_and_the_other_fields() {
    let broken = Says(|f: &mut fmt::Formatter<'_>| {
        f.write_str("half")?;
        panic!("broken")
    });
    let log = capture();
    let span = info_span!("run", a = 1, b = ?broken, args.c = %broken, d = 4, late = Empty);
    span.in_scope(|| {});
    span.record("late", display(&broken)).record("d", 5);
    drop(span);
    let mark = mark::UNPRINTABLE;
    assert_eq!(
        json!(only(&log, "run", Outcome::Invoke).payload),
        json!({"a": 1, "args": {"c": mark}, "b": mark, "d": 4})
    );
    assert_eq!(
        json!(only(&log, "run", Outcome::Unknown).payload),
        json!({"a": 1, "b": mark, "d": 5, "late": mark})
    );
}

#[test]
fn a_name_that_panics_leaves_a_mark() {
    let broken = Says(|_: &mut fmt::Formatter<'_>| panic!("broken"));
    let log = capture();
    info_span!("run", invocation.name = ?broken, invocation.entity_id = %broken).in_scope(|| {});
    let invoke = only(&log, mark::UNPRINTABLE, Outcome::Invoke);
    assert_eq!(invoke.entity_id.as_deref(), Some(mark::UNPRINTABLE));
}

#[test]
fn an_error_that_panics_is_failed_all_the_same_and_returned() {
    struct Broken;
    impl fmt::Display for Broken {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("broken")
        }
    }
    #[instrument(ret, err, fields(invocation.name = "run"))]
    fn run() -> Result<u8, Broken> {
        Err(Broken)
    }
    let log = capture();
    assert!(matches!(run(), Err(Broken)));
    let failed = only(&log, "run", Outcome::Failed);
    assert_eq!(failed.payload["error"]["message"], mark::UNPRINTABLE);
}

#[test]
fn a_value_that_panics_during_unwinding_does_not_end_the_program() {
    struct LogsOnDrop;
    impl Drop for LogsOnDrop {
        fn drop(&mut self) {
            let broken = Says(|_: &mut fmt::Formatter<'_>| panic!("broken"));
            info_span!("clean_up", b = ?broken, c = 3).in_scope(|| {});
        }
    }
    let log = capture();
    let unwound = catch_unwind(|| {
        let _logs = LogsOnDrop;
        panic_any(7_u8)
    });
    assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&7_u8));
    let invoke = only(&log, "clean_up", Outcome::Invoke);
    assert_eq!(json!(invoke.payload), json!({"b": mark::UNPRINTABLE, "c": 3}));
    log.assert_last("clean_up").ended(Outcome::Unknown);
}

#[test]
fn a_value_whose_panic_panics_again_leaves_a_mark() {
    let broken = Says(|_: &mut fmt::Formatter<'_>| panic_any(PanicsOnDrop));
    let log = capture();
    info_span!("run", b = ?broken).in_scope(|| {});
    assert_eq!(only(&log, "run", Outcome::Invoke).payload["b"], mark::UNPRINTABLE);
}

#[test]
fn the_payload_of_a_panic_passes_through_untouched() {
    #[instrument(ret, fields(invocation.name = "run"))]
    fn run() {
        resume_unwind(Box::new(PanicsOnDrop))
    }
    let log = capture();
    let payload = catch_unwind(run).unwrap_err();
    assert!(payload.is::<PanicsOnDrop>());
    std::mem::forget(payload);
    log.assert_last("run").ended(Outcome::Failed);
}

#[test]
fn a_value_that_opens_operations_while_it_is_recorded_records_them() {
    let logs = Says(|f: &mut fmt::Formatter<'_>| {
        tracing::info!("an event");
        let inside = info_span!("inside");
        inside.in_scope(|| tracing::error!(error = "an event"));
        f.write_str("said")
    });
    let log = capture();
    let span = info_span!("run", value = Empty);
    span.in_scope(|| {
        tracing::Span::current().record("value", debug(&logs));
    });
    drop(span);
    let told = ["run invoke", "inside invoke", "inside unknown", "run unknown"];
    assert_eq!(story(&log), told);
    assert_eq!(only(&log, "run", Outcome::Unknown).payload["value"], "said");
    let run = only(&log, "run", Outcome::Invoke);
    assert_eq!(only(&log, "inside", Outcome::Invoke).parent_span_id, Some(run.span_id));
}

#[test]
fn a_value_that_opens_operations_records_them_wherever_it_is_formatted() {
    #[derive(Debug)]
    struct Logs;
    impl fmt::Display for Logs {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let _ = inside();
            f.write_str("said")
        }
    }
    #[instrument(ret, err, fields(invocation.name = "inside"))]
    fn inside() -> Result<u8, &'static str> {
        tracing::warn!("an event");
        Err("of its own")
    }
    #[instrument(ret, err, fields(invocation.name = "run", value = %Logs))]
    fn run() -> Result<u8, Logs> {
        Err(Logs)
    }
    alone(|| {
        let log = testing::capture_globally();
        assert!(run().is_err());
        check_lines(&log);
        let inside = ["inside invoke", "inside failed"];
        let told = [&inside[..], &["run invoke"], &inside, &["run failed"]].concat();
        assert_eq!(story(&log), told);
        let failed = only(&log, "run", Outcome::Failed);
        assert_eq!(failed.payload["error"]["message"], "said");
        assert_eq!(failed.payload["value"], "said");
    });
}

#[test]
fn a_value_that_logs_itself_comes_to_an_end() {
    #[derive(Clone, Copy)]
    struct Endless;
    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info_span!("again", me = ?self).in_scope(|| {});
            f.write_str("said")
        }
    }
    alone(|| {
        let log = testing::capture_globally();
        info_span!("run", me = ?Endless).in_scope(|| {});
        check_lines(&log);
        log.assert_every_invoke_ended_once();
        let invokes =
            log.records().into_iter().filter(|record| !record.event_outcome.is_terminal());
        let said: Vec<_> = invokes.map(|record| record.payload["me"].clone()).collect();
        let (deepest, others) = said.split_first().unwrap();
        assert_eq!(deepest, mark::TOO_DEEP);
        assert!(!others.is_empty() && others.iter().all(|said| said == "said"), "{others:?}");
    });
}

#[test]
fn an_error_that_fails_its_own_operation_while_it_is_formatted_settles_it_once() {
    alone(|| {
        let log = testing::capture_globally();
        let made = HandMade::new(["a"]);
        let fails = Says(|f: &mut fmt::Formatter<'_>| {
            made.fail(&"from within");
            f.write_str("from without")
        });
        made.span([&1 as &dyn Value]).in_scope(|| made.fail(&display(&fails)));
        check_lines(&log);
        assert_eq!(story(&log), ["made invoke", "made failed"]);
    });
}

#[test]
fn a_panic_hook_that_opens_operations_records_them() {
    #[instrument(ret, skip_all, fields(invocation.name = "hook"))]
    fn hook() {
        tracing::error!(error = "an event");
    }
    alone(|| {
        let log = testing::capture_globally();
        std::panic::set_hook(Box::new(|_| hook()));
        let broken = Says(|_: &mut fmt::Formatter<'_>| panic!("broken"));
        let run = info_span!("run", invocation.name = "run", broken = ?broken);
        let unwound = catch_unwind(AssertUnwindSafe(|| run.in_scope(|| panic!("on purpose"))));
        let _ = std::panic::take_hook();
        assert!(unwound.is_err());
        drop(run);
        check_lines(&log);
        let hook = ["hook invoke", "hook success"];
        let told = [&hook[..], &["run invoke"], &hook, &["run failed"]].concat();
        assert_eq!(story(&log), told);
    });
}
