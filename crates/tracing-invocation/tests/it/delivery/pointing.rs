//! No record points to one that no output has.

use std::io;

use serde_json::json;
use tracing_invocation::sink::{OnFailure, Output, Queue};
use tracing_invocation::{Level, Outcome, Record, layer, operation};

use super::super::hostile::tools::bounded;
use super::{Kept, LONG, recorded};

#[operation(levels(failed = "warn"))]
fn inner() -> Result<(), io::Error> {
    Err(io::Error::other("torn"))
}

#[operation]
fn outer() -> Result<(), io::Error> {
    inner()
}

/// The records of failures that came to a sink.
fn failures(kept: &Kept) -> Vec<Record> {
    let mut records = kept.records();
    records.retain(|record| record.event_outcome == Outcome::Failed);
    records
}

#[track_caller]
fn assert_only_outer_tells(kept: &Kept) {
    let [failed] = <[Record; 1]>::try_from(failures(kept)).unwrap();
    assert_eq!((failed.event_name.as_str(), failed.level), ("outer", Level::Error));
    assert_eq!(failed.payload["error"], json!({"type": "io::Error", "message": "torn"}));
}

#[track_caller]
fn assert_outer_points_to_inner(kept: &Kept) {
    let [told, pointing] = <[Record; 2]>::try_from(failures(kept)).unwrap();
    assert_eq!(told.payload["error"]["message"], "torn");
    assert_eq!(json!(pointing.payload), json!({"caused_by": told.span_id}));
}

fn lossy(kept: &Kept) -> Output {
    Output::new(kept.clone()).on_failure(OnFailure::ignore())
}

#[test]
fn an_outer_failure_tells_what_no_output_takes_by_its_level() {
    let (one, other) = (Kept::new(), Kept::new());
    let layer = layer()
        .with_sink(lossy(&one).with_max_level(Level::Error))
        .and_sink(lossy(&other).with_max_level(Level::Error));
    recorded(layer, || drop(outer()));
    assert_only_outer_tells(&one);
    assert_only_outer_tells(&other);
}

#[test]
fn an_outer_failure_points_to_what_one_of_the_outputs_takes() {
    let (all, errors) = (Kept::new(), Kept::new());
    let layer =
        layer().with_sink(lossy(&all)).and_sink(lossy(&errors).with_max_level(Level::Error));
    recorded(layer, || drop(outer()));
    assert_outer_points_to_inner(&all);
    assert_eq!(failures(&errors), []);
}

#[test]
fn an_outer_failure_tells_what_a_sink_refused() {
    let refuses = |records: &[Record]| {
        let is_inner = |record: &Record| {
            record.event_name == "inner" && record.event_outcome == Outcome::Failed
        };
        if records.iter().any(is_inner) { Err(io::Error::other("refused")) } else { Ok(()) }
    };
    let kept = Kept::that(refuses);
    recorded(layer().with_sink(lossy(&kept)), || drop(outer()));
    let mut told = failures(&kept);
    told.retain(|record| record.event_name == "outer");
    let [told] = <[Record; 1]>::try_from(told).unwrap();
    assert_eq!((told.level, &told.payload["error"]["message"]), (Level::Error, &json!("torn")));
}

#[test]
fn an_outer_failure_tells_what_a_threshold_left_out() {
    let kept = Kept::new();
    let layer = layer().with_sink(lossy(&kept)).with_directives("info/error").unwrap();
    recorded(layer, || drop(outer()));
    assert_only_outer_tells(&kept);
}

#[test]
fn an_outer_failure_tells_what_a_full_queue_dropped() {
    #[operation]
    fn outer(then: impl FnOnce()) -> Result<(), io::Error> {
        let failed = inner();
        then();
        failed
    }
    let (kept, open, waiting) = Kept::gated();
    let layer = layer().with_sink(lossy(&kept).with_queue(Queue::new(1)));
    let delivery = layer.delivery();
    bounded(move || {
        recorded(layer, || {
            // The writer waits with this record, and another failure fills the queue.
            tracing::info_span!("first").in_scope(|| waiting.recv().unwrap());
            drop(inner());
            let makes_room = || {
                drop(open);
                delivery.flush(LONG).unwrap();
            };
            drop(outer(makes_room));
            delivery.flush(LONG).unwrap();
        });
        let full: Vec<_> = failures(&kept)
            .into_iter()
            .filter(|record| record.payload.contains_key("error"))
            .map(|record| record.event_name)
            // The log says itself that records are missing.
            .filter(|name| name != "delivery")
            .collect();
        assert_eq!(full, ["inner", "outer"]);
    });
}

#[test]
fn a_cancellation_that_no_output_takes_is_told_by_the_outer_operation() {
    #[operation]
    async fn inner() {
        std::future::pending().await
    }
    #[operation(levels(cancelled = "error"))]
    async fn outer() {
        inner().await
    }
    let kept = Kept::new();
    let layer = layer().with_sink(lossy(&kept).with_max_level(Level::Warn));
    recorded(layer, || {
        assert!(crate::support::poll_once(std::pin::pin!(outer())).is_pending());
    });
    let [told] = <[Record; 1]>::try_from(kept.records()).unwrap();
    assert_eq!((told.event_name.as_str(), told.level), ("outer", Level::Error));
    assert!(!told.payload.contains_key("cancelled_by"));
}
