//! Spans that live in odd ways: in each other, too long, out of order, or for ever.

use std::mem::forget;

use tracing::field::Value;
use tracing::subscriber::{set_default, with_default};
use tracing::{Dispatch, Span, dispatcher, info_span, instrument};
use tracing_invocation::testing::Log;
use tracing_invocation::{Outcome, SpanId};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::tools::{HandMade, bounded, elsewhere, promise};
use crate::support::{capture, check_lines, only, story};

#[test]
fn a_span_entered_inside_itself_is_one_operation() {
    let log = capture();
    let span = promise("run");
    span.in_scope(|| span.in_scope(|| promise("inner").in_scope(|| {})));
    drop(span);
    let told = ["run invoke", "inner invoke", "inner unknown", "run cancelled"];
    assert_eq!(story(&log), told);
}

#[test]
fn a_span_that_outlives_its_default_subscriber_ends_in_it() {
    let (first, second) = (Log::new(), Log::new());
    let begun = with_default(registry().with(first.layer()), || {
        let begun = promise("begun");
        begun.in_scope(|| {});
        begun
    });
    let guard = set_default(registry().with(second.layer()));
    promise("other").in_scope(|| {});
    begun.in_scope(|| promise("inside").in_scope(|| {}));
    begun.record("late", 7);
    drop(guard);
    begun.in_scope(|| {});
    drop(begun);
    for log in [&first, &second] {
        check_lines(log);
        log.assert_every_invoke_ended_once();
    }
    assert_eq!(story(&first), ["begun invoke", "begun cancelled"]);
    assert_eq!(only(&first, "begun", Outcome::Cancelled).payload["late"], 7);
    let told = ["other invoke", "other unknown", "inside invoke", "inside unknown"];
    assert_eq!(story(&second), told);
    assert_eq!(only(&second, "inside", Outcome::Invoke).parent_span_id, None);
}

#[test]
fn spans_keep_a_dropped_subscriber_until_they_end() {
    let log = Log::new();
    let dispatch = Dispatch::new(registry().with(log.layer()));
    let spans: Vec<_> = dispatcher::with_default(&dispatch, || {
        ["a", "b"].map(promise).into_iter().inspect(|span| span.in_scope(|| {})).collect()
    });
    drop(dispatch);
    drop(spans);
    assert_eq!(story(&log), ["a invoke", "b invoke", "a unknown", "b unknown"]);
}

#[test]
fn spans_closed_out_of_order_each_end_once() {
    let log = capture();
    let outer = promise("outer");
    let middle = outer.in_scope(|| promise("middle"));
    let inner = middle.in_scope(|| promise("inner"));
    inner.in_scope(|| {});
    let (entered_outer, entered_middle) = (outer.clone().entered(), middle.clone().entered());
    drop(entered_outer);
    drop(outer);
    drop(entered_middle);
    drop(middle);
    log.assert_no_invoke_ended_twice();
    drop(inner);
    log.assert_every_invoke_ended_once();
    let ids: Vec<_> =
        ["outer", "middle", "inner"].map(|name| log.assert_last(name).records()[1].clone()).into();
    assert_eq!(ids[1].parent_span_id, Some(ids[0].span_id));
    assert_eq!(ids[2].parent_span_id, Some(ids[1].span_id));
}

#[test]
fn an_operation_begun_in_one_that_has_ended_still_belongs_to_it() {
    #[instrument(ret, fields(invocation.name = "parent"))]
    fn parent() -> Span {
        Span::current()
    }
    let log = capture();
    let ended = parent();
    info_span!(parent: &ended, "child").in_scope(|| {});
    ended.in_scope(|| promise("entered").in_scope(|| {}));
    drop(ended);
    let parent = only(&log, "parent", Outcome::Success);
    for (name, outcome) in [("child", Outcome::Unknown), ("entered", Outcome::Unknown)] {
        let child = only(&log, name, outcome);
        assert_eq!((child.parent_span_id, child.trace_id), (Some(parent.span_id), parent.trace_id));
    }
    log.assert_every_invoke_ended_once();
}

#[test]
fn a_child_that_outlives_its_parents_handles_keeps_its_parent() {
    let log = capture();
    let parent = promise("parent");
    let child = parent.in_scope(|| promise("child"));
    drop(parent);
    child.in_scope(|| {});
    drop(child);
    assert_eq!(story(&log), ["parent invoke", "child invoke", "child unknown", "parent unknown"]);
}

#[test]
fn late_and_unknown_fields_change_the_rest_of_the_records_only() {
    let log = capture();
    let span = promise("run");
    span.in_scope(|| {});
    let line = log.lines();
    span.record("late", "x").record("unknown", 1).record("invocation.name", "renamed");
    assert_eq!(log.lines(), line);
    drop(span);
    assert_eq!(story(&log), ["run invoke", "run unknown"]);
    let end = only(&log, "run", Outcome::Unknown);
    assert_eq!((&end.payload["late"], end.payload.get("unknown")), (&"x".into(), None));
}

#[test]
fn fields_recorded_after_the_end_change_nothing() {
    let log = capture();
    let made = HandMade::new(["a"]);
    let failing = made.span([&1 as &dyn Value]);
    failing.in_scope(|| made.fail(&"once"));
    failing.record("a", 2);
    failing.in_scope(|| made.fail(&"twice"));
    drop(failing);
    assert_eq!(story(&log), ["made invoke", "made failed"]);
}

#[test]
fn forgotten_spans_in_number_harm_nobody() {
    let log = capture();
    for _ in 0..2_000 {
        let span = promise("forgotten");
        span.in_scope(|| {});
        forget(span);
    }
    forget(promise("entered for ever").entered());
    promise("other").in_scope(|| {});
    assert_eq!(log.open().len(), 2_001);
    log.assert_last("other").ended(Outcome::Unknown);
    log.assert_no_invoke_ended_twice();
}

#[test]
fn cloned_spans_are_one_operation_that_ends_with_the_last() {
    let log = capture();
    let span = promise("run");
    let clones: Vec<_> = (0..100).map(|_| span.clone()).collect();
    clones.iter().for_each(|clone| clone.in_scope(|| {}));
    drop(span);
    elsewhere(move || drop(clones));
    assert_eq!(story(&log), ["run invoke", "run cancelled"]);
}

#[test]
fn spans_that_follow_from_each_other_are_not_children() {
    let log = capture();
    let (a, b) = (promise("a"), promise("b"));
    a.follows_from(&b);
    b.follows_from(&a);
    a.follows_from(a.id());
    a.in_scope(|| b.in_scope(|| {}));
    drop((a, b));
    log.assert_every_invoke_ended_once();
    assert!(log.records().iter().all(|record| record.parent_span_id.is_none()));
}

#[test]
fn a_thousand_nested_calls_each_know_their_parent() {
    #[instrument(ret, err, fields(invocation.name = "descend"))]
    fn descend(left: u32) -> Result<u32, String> {
        if left == 0 { Err("the bottom".into()) } else { descend(left - 1) }
    }
    let log = bounded(|| {
        let log = Log::new();
        with_default(registry().with(log.layer()), || {
            descend(999).unwrap_err();
        });
        log
    });
    log.assert_every_invoke_ended_once();
    let records = log.records();
    assert_eq!(records.len(), 2_000);
    let id = |at: usize| records[at].span_id;
    assert!((1..1_000).all(|at| records[at].parent_span_id == Some(id(at - 1))));
    let told_in_full: Vec<SpanId> = records[1_000..]
        .iter()
        .filter(|record| record.payload.contains_key("error"))
        .map(|record| record.span_id)
        .collect();
    assert_eq!(told_in_full, [id(999)]);
}
