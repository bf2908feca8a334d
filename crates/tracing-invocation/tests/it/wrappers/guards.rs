//! `begin` and its guard.

use std::fmt::Error;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use serde_json::json;
use tracing::{Dispatch, Span, dispatcher, info_span};
use tracing_invocation::testing::Log;
use tracing_invocation::{FutureExt as _, OperationGuard, Outcome, Verdict, begin};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::{Payload, error_of, explode, panicked, payload_of};
use crate::support::{capture, check_lines, poll_once, story};

#[test]
fn ended_as_it_is_told_and_cancelled_when_it_is_not() {
    let ends: [(fn(OperationGuard), Outcome); 6] = [
        (OperationGuard::complete, Outcome::Success),
        (|guard| guard.fail(&Error), Outcome::Failed),
        (|guard| guard.end(Verdict::failed_as("status", 503)), Outcome::Failed),
        (|guard| guard.end(Verdict::cancelled()), Outcome::Cancelled),
        (|guard| guard.end(Verdict::of(&Ok::<_, Error>(1))), Outcome::Success),
        (drop, Outcome::Cancelled),
    ];
    for (end, outcome) in ends {
        let log = capture();
        let guard = begin(info_span!("upload"));
        log.assert_last("upload").is_open();
        end(guard);
        log.assert_last("upload").ended(outcome);
        assert_eq!(log.lines().len(), 2);
    }
}

#[test]
fn a_failure_is_told_in_full() {
    let log = capture();
    begin(info_span!("upload")).fail(&Error);
    let error = json!({"type": "fmt::Error", "message": Error.to_string()});
    assert_eq!(error_of(&log, "upload"), error);
}

#[test]
fn ended_at_that_moment_while_the_span_is_held() {
    let log = capture();
    let guard = begin(info_span!("upload"));
    let held = guard.span().clone();
    let entered = held.enter();
    guard.complete();
    assert_eq!(story(&log), ["upload invoke", "upload success"]);
    drop(entered);
    drop(held);
    assert_eq!(log.lines().len(), 2);
}

#[test]
fn what_happens_inside_its_span_belongs_to_it() {
    let log = capture();
    let guard = begin(info_span!("upload"));
    guard.span().in_scope(|| begin(info_span!("part")).complete());
    guard.complete();
    let [upload, part] = ["upload", "part"].map(|name| log.assert_last(name).records()[0].span_id);
    assert_eq!(log.assert_last("part").records()[0].parent_span_id, Some(upload));
    assert_ne!(upload, part);
}

#[test]
fn a_panic_that_unwinds_it_is_failed_with_its_message() {
    let log = capture();
    let caught = catch_unwind(|| {
        let _guard = begin(info_span!("upload"));
        panic!("out of space");
    });
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "out of space");
    assert_eq!(error_of(&log, "upload"), panicked("out of space"));

    log.clear();
    let payload = payload_of(|| {
        let _guard = begin(info_span!("upload"));
        explode(2);
    });
    assert_eq!(payload, Payload(2));
    assert_eq!(error_of(&log, "upload"), panicked(super::UNKNOWN_MESSAGE));
}

#[test]
fn nested_guards_fail_by_one_panic_which_the_innermost_tells() {
    let log = capture();
    payload_of(|| {
        let outer = begin(info_span!("outer"));
        let _entered = outer.span().clone().entered();
        let _inner = begin(info_span!("inner"));
        explode(1);
    });
    assert_eq!(story(&log), ["outer invoke", "inner invoke", "inner failed", "outer failed"]);
    let inner = log.assert_last("inner").records()[0].span_id;
    log.assert_last("outer").with_payload("/caused_by", inner.to_string());
}

#[test]
fn a_panic_caught_before_leaves_it_cancelled() {
    let log = capture();
    let guard = begin(info_span!("upload"));
    payload_of(|| explode(1));
    drop(guard);
    log.assert_last("upload").ended(Outcome::Cancelled);
}

#[test]
fn begun_by_a_destructor_while_a_panic_unwinds_it_did_not_panic() {
    struct Runs(fn());
    impl Drop for Runs {
        fn drop(&mut self) {
            self.0();
        }
    }
    let log = capture();
    payload_of(|| {
        let _drops = Runs(|| drop(begin(info_span!("dropped"))));
        let _completes = Runs(|| begin(info_span!("completed")).complete());
        explode(1);
    });
    log.assert_last("dropped").ended(Outcome::Cancelled);
    log.assert_last("completed").ended(Outcome::Success);
    log.assert_every_invoke_ended_once();
}

/// Runs `run` while a panic unwinds this thread.
fn during_unwinding(run: impl FnOnce()) {
    struct Runs<F: FnOnce()>(Option<F>);
    impl<F: FnOnce()> Drop for Runs<F> {
        fn drop(&mut self) {
            self.0.take().unwrap()();
        }
    }
    let _runs = catch_unwind(AssertUnwindSafe(|| {
        let _runs = Runs(Some(run));
        panic!("the first");
    }));
}

#[test]
fn begun_while_a_thread_unwinds_and_dropped_by_another_panic_it_is_failed() {
    let begun = || {
        let mut begun = None;
        during_unwinding(|| begun = Some(begin(info_span!("upload"))));
        begun.unwrap()
    };
    let elsewhere = |guard: OperationGuard| {
        let dispatch = dispatcher::get_default(Dispatch::clone);
        let panics = || {
            let _default = dispatcher::set_default(&dispatch);
            let _guard = guard;
            panic!("the second");
        };
        thread::scope(|scope| assert!(scope.spawn(panics).join().is_err()));
    };
    let later = |guard: OperationGuard| {
        // Somebody sees this thread without a panic in between.
        info_span!("between").in_scope(|| {});
        during_unwinding(|| drop(guard));
    };
    let inside = |guard: OperationGuard| {
        // And nobody does: only that another panic began is known.
        during_unwinding(|| drop(guard));
    };
    let ends: [(&dyn Fn(OperationGuard), &str); 3] =
        [(&elsewhere, "the second"), (&later, "the first"), (&inside, "the first")];
    for (end, message) in ends {
        let log = capture();
        end(begun());
        assert_eq!(error_of(&log, "upload"), panicked(message));
    }
}

#[test]
fn what_a_destructor_begins_and_drops_was_not_unwound_over() {
    let log = capture();
    let outer = begin(info_span!("outer"));
    during_unwinding(|| {
        drop(begin(info_span!("inner")));
        drop(outer);
    });
    let inner = log.assert_last("inner").ended(Outcome::Cancelled).records()[1].clone();
    assert!(!inner.payload.contains_key("cancellation"), "{inner:?}");
    log.assert_last("outer").ended(Outcome::Failed);

    log.clear();
    during_unwinding(|| {
        let mut run = Box::pin(std::future::pending::<()>().operation(info_span!("run")));
        assert!(poll_once(run.as_mut()).is_pending());
        let kept = Box::pin(std::future::pending::<()>().operation(info_span!("kept")));
        drop((run, kept));
    });
    let run = log.assert_last("run").ended(Outcome::Cancelled).records()[1].clone();
    assert!(!run.payload.contains_key("cancellation"), "{run:?}");
}

#[test]
fn the_message_of_a_panic_that_began_before_it_is_not_known() {
    let log = capture();
    let caught = catch_unwind(|| panic!("long ago")).unwrap_err();
    let resumed = catch_unwind(AssertUnwindSafe(|| {
        let _guard = begin(info_span!("upload"));
        resume_unwind(caught);
    }));
    assert_eq!(*resumed.unwrap_err().downcast::<&str>().unwrap(), "long ago");
    assert_eq!(error_of(&log, "upload"), panicked(super::UNKNOWN_MESSAGE));
}

#[test]
fn ended_on_another_thread_it_is_one_operation() {
    let ends: [(fn(OperationGuard), Outcome); 3] = [
        (OperationGuard::complete, Outcome::Success),
        (drop, Outcome::Cancelled),
        (
            |guard| {
                payload_of(move || {
                    let _guard = guard;
                    explode(1);
                });
            },
            Outcome::Failed,
        ),
    ];
    for (end, outcome) in ends {
        let log = Log::new();
        let dispatch = Dispatch::new(registry().with(log.layer()));
        let guard = dispatcher::with_default(&dispatch, || begin(info_span!("upload")));
        thread::spawn(move || end(guard)).join().unwrap();
        check_lines(&log);
        log.assert_last("upload").ended(outcome);
        log.assert_every_invoke_ended_once();
    }
}

#[test]
fn without_a_span_that_is_recorded_nothing_breaks() {
    let span: fn() -> Span = || info_span!("unheard");
    for span in [span, Span::none] {
        drop(begin(span()));
        begin(span()).complete();
        begin(span()).fail(&Error);
        let payload = payload_of(|| {
            let _guard = begin(span());
            explode(3);
        });
        assert_eq!(payload, Payload(3));
    }
}
