//! Sentences of the convention that no other test shows. Each test is named as its sentence.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde_json::json;
use tracing::field::Empty;
use tracing::{Instrument as _, Level, Span, info_span};
use tracing_invocation::convention::key;
use tracing_invocation::testing::Log;
use tracing_invocation::{
    Capture, ErrorClass, EventMetadata, InvocationLayer, Limits, Outcome, Record, Settings, begin,
    operation, with_cancel_reason,
};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use crate::support::{capture, check_lines, only, poll_once, story};

/// What `program` leaves in a log whose layer is configured like this.
fn logged(
    configure: impl FnOnce(InvocationLayer) -> InvocationLayer,
    program: impl FnOnce(),
) -> Log {
    let log = Log::new();
    let subscriber = registry().with(configure(log.layer()));
    tracing::subscriber::with_default(subscriber, program);
    check_lines(&log);
    log
}

/// Polls a call until it waits, and drops it.
fn cancel(call: impl Future) {
    assert!(poll_once(Box::pin(call).as_mut()).is_pending());
}

mod what_is_an_operation {
    use super::*;

    #[test]
    fn by_default_every_span_of_level_info_or_more_severe() {
        let log = capture();
        tracing::error_span!("error").in_scope(|| {});
        tracing::warn_span!("warn").in_scope(|| {});
        tracing::info_span!("info").in_scope(|| {});
        tracing::debug_span!("debug").in_scope(|| {});
        tracing::trace_span!("trace").in_scope(|| {});
        let names: Vec<_> = log.records().into_iter().map(|record| record.event_name).collect();
        assert_eq!(names, ["error", "error", "warn", "warn", "info", "info"]);
    }

    #[test]
    fn the_attribute_opens_a_span_of_level_info() {
        struct OnlyInfo;
        impl<S: tracing::Subscriber> Layer<S> for OnlyInfo {
            fn on_new_span(
                &self,
                span: &tracing::span::Attributes<'_>,
                _: &tracing::span::Id,
                _: Context<'_, S>,
            ) {
                assert_eq!(*span.metadata().level(), Level::INFO);
            }
        }
        #[operation]
        fn run() {}
        let log = Log::new();
        let subscriber = registry().with(OnlyInfo).with(log.layer());
        tracing::subscriber::with_default(subscriber, run);
        assert_eq!(story(&log), ["run invoke", "run success"]);
    }

    #[test]
    fn its_invoke_is_recorded_when_the_span_is_entered_for_the_first_time() {
        let log = capture();
        let span = info_span!("run");
        assert_eq!(log.lines().len(), 0);
        for _ in 0..3 {
            span.in_scope(|| {});
            assert_eq!(story(&log), ["run invoke"]);
        }
    }

    #[test]
    fn a_span_that_is_never_entered_records_nothing() {
        let log = capture();
        drop(info_span!("run", invocation.name = "run"));
        assert_eq!(log.lines().len(), 0);
    }
}

mod what_a_span_says {
    use super::*;

    #[test]
    fn names_are_fixed_once_invoke_is_written_and_an_entity_may_become_known_later() {
        let log = capture();
        let span = info_span!(
            "span",
            invocation.name = "before",
            invocation.namespace = "hall",
            invocation.entity_id = Empty,
        );
        span.in_scope(|| {
            span.record("invocation.name", "after");
            span.record("invocation.namespace", "cellar");
            span.record("invocation.entity_id", "e-1");
        });
        drop(span);
        let names = |record: &Record| (record.event_namespace.clone(), record.event_name.clone());
        let records = log.records();
        assert!(records.iter().all(|record| names(record) == ("hall".into(), "before".into())));
        let ids: Vec<_> = records.iter().map(|record| record.entity_id.as_deref()).collect();
        assert_eq!(ids, [None, Some("e-1")]);
        assert_eq!(records[0].span_id, records[1].span_id);
    }

    #[test]
    fn where_two_fields_end_up_under_one_key_the_later_one_wins() {
        let log = capture();
        info_span!("run", x = 1, x = 2, args.y = 1, args.y = 2).in_scope(|| {});
        let invoke = only(&log, "run", Outcome::Invoke);
        assert_eq!(json!(invoke.payload), json!({"args": {"y": 2}, "x": 2}));
    }
}

mod what_a_record_says {
    use super::*;

    /// The records of an operation that has each key but `payload_truncated`, and one that has that, too.
    fn records_with_all_keys() -> Log {
        let limits = Limits { record: 1_000, text: 10_000, ..Limits::DEFAULT };
        logged(
            |layer| layer.with_limits(limits),
            || {
                let _outer = info_span!("outer").entered();
                let text = "x".repeat(5_000);
                begin(info_span!("run", invocation.entity_id = "e-1", text)).complete();
            },
        )
    }

    #[test]
    fn its_keys_stand_in_the_order_of_the_convention() {
        let log = records_with_all_keys();
        let mut seen = Vec::new();
        for line in log.lines() {
            let places = key::ALL.iter().map(|key| line.find(&format!("\"{key}\":")));
            let places: Vec<_> = places.flatten().collect();
            assert!(places.is_sorted(), "{line}");
            seen.push(places.len());
        }
        assert_eq!(seen.iter().max(), Some(&key::ALL.len()), "a record has them all\n{log}");
    }

    #[test]
    fn duration_ns_is_on_terminal_records_and_not_on_invoke() {
        for record in records_with_all_keys().records() {
            assert_eq!(
                record.duration_ns.is_some(),
                record.event_outcome.is_terminal(),
                "{record:?}"
            );
        }
    }

    #[test]
    fn above_its_limit_it_loses_the_ends_of_its_longest_texts_first() {
        let limits = Limits { record: 800, text: 10_000, ..Limits::DEFAULT };
        let log = logged(
            |layer| layer.with_limits(limits),
            || {
                let (long, short) = ("l".repeat(5_000), "s".repeat(100));
                info_span!("run", short, long).in_scope(|| {});
            },
        );
        for record in log.records() {
            assert!(record.payload_truncated);
            assert_eq!(record.payload["short"], "s".repeat(100));
            let long = record.payload["long"].as_str().unwrap();
            assert!(long.starts_with("lll") && long.ends_with("l..."), "{long}");
        }
    }

    #[test]
    fn bytes_are_as_many_whole_bytes_as_the_limit_of_a_text_has_room_for() {
        let limits = Limits { text: 5, ..Limits::DEFAULT };
        let bytes: &[u8] = &[0xab; 9];
        let log =
            logged(|layer| layer.with_limits(limits), || info_span!("run", bytes).in_scope(|| {}));
        assert_eq!(only(&log, "run", Outcome::Invoke).payload["bytes"], "abab...");
    }

    #[test]
    fn an_operation_that_a_policy_refused_is_nobodys_last_child() {
        let log = logged(
            |layer| {
                layer
                    .with_capture(Capture::none().with_progress())
                    .with_policy(|event: &EventMetadata<'_>| event.event_name != "refused")
            },
            || {
                let outer = begin(info_span!("outer"));
                outer.span().in_scope(|| {
                    begin(info_span!("seen")).complete();
                    begin(info_span!("refused")).complete();
                });
                outer.complete();
            },
        );
        let progress = &only(&log, "outer", Outcome::Success).payload["progress"];
        assert_eq!(progress["last_child"]["name"], "seen");
    }
}

mod told_once {
    use super::*;

    #[operation(fields(number))]
    fn inner(number: u32) -> Result<(), String> {
        Err(format!("number {number}"))
    }

    #[test]
    fn the_same_means_one_of_the_last_eight_failures_directly_inside() {
        #[operation]
        fn outer(failures: u32) -> Result<(), String> {
            let first = inner(0);
            for number in 1..failures {
                inner(number).unwrap_err();
            }
            first
        }
        let log = capture();
        outer(8).unwrap_err();
        let eighth = only(&log, "outer", Outcome::Failed);
        assert_eq!(eighth.payload["caused_by"], json!(log.records()[1].span_id));

        log.clear();
        outer(9).unwrap_err();
        let ninth = only(&log, "outer", Outcome::Failed);
        assert_eq!(ninth.payload["error"]["message"], "number 0");
    }

    #[test]
    fn two_errors_of_one_type_and_text_are_taken_for_one() {
        #[operation]
        fn outer() -> Result<(), String> {
            inner(1).unwrap_err();
            Err("number 1".to_owned())
        }
        let log = capture();
        outer().unwrap_err();
        let told = only(&log, "outer", Outcome::Failed);
        assert_eq!(told.payload["caused_by"], json!(log.records()[1].span_id));
    }

    #[test]
    fn what_a_wrapper_adds_to_an_error_is_in_the_log_if_its_operation_classifies_it_full() {
        #[derive(Debug)]
        struct Wrapper(std::num::ParseIntError);
        impl std::fmt::Display for Wrapper {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the port of the service")
            }
        }
        impl std::error::Error for Wrapper {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        #[operation]
        fn parse() -> Result<u16, std::num::ParseIntError> {
            "x".parse()
        }
        #[operation]
        fn plain() -> Result<u16, Wrapper> {
            parse().map_err(Wrapper)
        }
        #[operation(errors = |_: &Wrapper| ErrorClass::Full)]
        fn full() -> Result<u16, Wrapper> {
            parse().map_err(Wrapper)
        }
        let log = capture();
        plain().unwrap_err();
        assert!(!only(&log, "plain", Outcome::Failed).payload.contains_key("error"));
        full().unwrap_err();
        let told = only(&log, "full", Outcome::Failed);
        assert_eq!(told.payload["error"]["message"], "the port of the service");
    }
}

mod why_it_was_cancelled {
    use super::*;

    #[operation]
    async fn inner() {
        pending().await
    }

    #[operation]
    async fn outer() {
        inner().await
    }

    /// Inside a span that says nothing of its own drop.
    async fn inside_stock() {
        inner().instrument(info_span!("outer", invocation.name = "outer")).await
    }

    fn with_cause(layer: InvocationLayer) -> InvocationLayer {
        // The first names of a process take their time.
        layer.with_capture(Capture::none().with_cause().with_patience(Duration::from_secs(60)))
    }

    fn told(log: &Log) -> serde_json::Value {
        let cancelled = only(log, "inner", Outcome::Cancelled);
        cancelled.payload.get("cancellation").cloned().unwrap_or_default()
    }

    #[test]
    fn what_the_program_said_needs_no_capture() {
        let log = capture();
        let mut call = Box::pin(inner());
        assert!(poll_once(call.as_mut()).is_pending());
        with_cancel_reason("the disk is full", || drop(call));
        assert_eq!(told(&log), json!({"cause": "dropped", "reason": "the disk is full"}));
    }

    #[test]
    fn an_enclosing_operation_that_is_being_dropped_needs_no_capture() {
        let log = capture();
        cancel(outer());
        let outer = log.records()[0].span_id;
        assert_eq!(told(&log), json!({"cause": "parent", "span_id": outer}));
    }

    #[test]
    fn a_panic_that_unwinds_over_it_needs_no_capture() {
        let log = capture();
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let mut call = Box::pin(inner());
            assert!(poll_once(call.as_mut()).is_pending());
            panic!("of somebody else");
        }));
        assert!(unwound.is_err());
        assert_eq!(told(&log), json!({"cause": "unwinding"}));
    }

    #[test]
    fn of_an_enclosing_stock_span_the_stack_alone_says_that_it_is_being_dropped() {
        let log = capture();
        cancel(inside_stock());
        assert_eq!(told(&log), json!(null));

        let log = logged(with_cause, || cancel(inside_stock()));
        let outer = only(&log, "outer", Outcome::Invoke).span_id;
        assert_eq!(
            (&told(&log)["cause"], &told(&log)["span_id"]),
            (&json!("parent"), &json!(outer))
        );
    }

    #[test]
    fn if_no_source_knows_anything_there_is_no_cancellation() {
        let log = capture();
        cancel(inner());
        assert_eq!(told(&log), json!(null));
    }

    #[test]
    fn the_source_nearest_to_the_drop_decides() {
        // Said outside of the drop of the enclosing operation: that is nearer, and what was said is why.
        let log = capture();
        let mut call = Box::pin(outer());
        assert!(poll_once(call.as_mut()).is_pending());
        with_cancel_reason("the disk is full", || drop(call));
        assert_eq!(
            (&told(&log)["cause"], &told(&log)["parent_cause"]),
            (&json!("parent"), &json!("dropped"))
        );

        // Said inside: that is nearer than the enclosing operation, and than the stack.
        struct Says<F>(Option<F>);
        impl<F> Drop for Says<F> {
            fn drop(&mut self) {
                with_cancel_reason("evicted", || self.0 = None);
            }
        }
        #[operation("outer")]
        async fn outer_that_says() {
            let mut says = Says(Some(Box::pin(inner())));
            says.0.as_mut().unwrap().await;
        }
        let log = logged(with_cause, || cancel(outer_that_says()));
        assert_eq!(
            (&told(&log)["cause"], &told(&log)["reason"]),
            (&json!("dropped"), &json!("evicted"))
        );
    }
}

mod what_cannot_be_known_of_stock_spans {
    use super::*;

    #[test]
    fn a_span_that_is_held_open_is_closed_late() {
        let log = capture();
        let outer = info_span!("outer", invocation.evidence = "ret", invocation.name = "outer");
        let held = outer.clone();
        cancel(pending::<()>().instrument(outer));
        assert_eq!(story(&log), ["outer invoke"]);
        drop(held);
        assert_eq!(log.lines().len(), 2);
    }

    #[test]
    fn a_task_spawned_into_the_span_that_panics_is_told_as_the_operations_own_panic() {
        let log = capture();
        let span = info_span!("run", invocation.name = "run");
        span.in_scope(|| {});
        let entered = span.clone();
        // What a runtime does with a task inside the span.
        let _ = catch_unwind(AssertUnwindSafe(|| entered.in_scope(|| panic!("of a task"))));
        drop((span, entered));
        let failed = only(&log, "run", Outcome::Failed);
        assert_eq!(failed.payload["error"]["message"], "of a task");
    }

    #[test]
    fn what_a_function_does_before_it_returns_a_future_is_outside() {
        #[operation]
        fn send() -> impl Future<Output = ()> {
            assert!(Span::current().is_none(), "its span is not entered");
            if true {
                panic!("before there is a future");
            }
            async {}
        }
        let log = capture();
        assert!(catch_unwind(AssertUnwindSafe(send)).is_err());
        assert_eq!(log.lines().len(), 0);
    }
}

mod what_is_left_out {
    use super::*;

    #[test]
    fn of_stock_spans_without_evidence_a_refused_call_leaves_nothing_however_it_ended() {
        let log = logged(
            |layer| layer.with_policy(|_: &EventMetadata<'_>| false),
            || {
                info_span!("returned").in_scope(|| {});
                cancel(pending::<()>().instrument(info_span!("dropped")));
            },
        );
        assert_eq!(log.lines().len(), 0);
    }

    #[test]
    fn values_are_written_when_they_are_read_under_the_settings_of_that_moment() {
        let log = Log::new();
        let layer = log.layer();
        let handle = layer.handle();
        let limited = |text| Settings::default().with_limits(Limits { text, ..Limits::DEFAULT });
        tracing::subscriber::with_default(registry().with(layer), || {
            handle.update(|_| limited(3));
            let span = info_span!("run", early = "abcdef", late = Empty);
            span.in_scope(|| {});
            handle.update(|_| limited(5));
            span.record("late", "abcdef");
        });
        let end = log.records().pop().unwrap();
        assert_eq!(json!(end.payload), json!({"early": "abc...", "late": "abcde..."}));
    }
}
