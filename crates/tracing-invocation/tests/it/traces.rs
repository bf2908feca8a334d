//! Operations in traces that others take part in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tracing::field::Empty;
use tracing::{Dispatch, info_span};
use tracing_invocation::testing::{self, Log};
use tracing_invocation::{
    FutureExt as _, InvocationLayer, Record, Sampling, SpanId, TraceContext, TraceId,
};
use tracing_subscriber::prelude::*;

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn recorded(log: &Log, layer: InvocationLayer, program: impl FnOnce()) -> Vec<Record> {
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::dispatcher::with_default(&Dispatch::new(subscriber), program);
    log.records()
}

/// The trace and the parent that each record of this name speaks of, which have to be the same.
#[track_caller]
fn place(records: &[Record], name: &str) -> (String, Option<String>) {
    let mut places: Vec<_> = records
        .iter()
        .filter(|record| record.event_name == name)
        .map(|record| (record.trace_id.to_string(), record.parent_span_id.map(|id| id.to_string())))
        .collect();
    places.dedup();
    assert_eq!(places.len(), 1, "{name}: {places:?}");
    places.remove(0)
}

#[test]
fn an_operation_is_a_part_of_the_trace_that_called_it() {
    let log = testing::capture();
    info_span!("handle", invocation.traceparent = HEADER).in_scope(|| {
        info_span!("load").in_scope(|| {});
    });
    let records = log.records();
    assert_eq!(place(&records, "handle"), (TRACE.to_owned(), Some(CALLER.to_owned())));
    let (trace, parent) = place(&records, "load");
    assert_eq!((trace.as_str(), parent), (TRACE, Some(records[0].span_id.to_string())));
    assert!(records[0].payload.is_empty(), "it is no context");
}

#[test]
fn a_caller_may_become_known_until_the_operation_begins() {
    let log = testing::capture();
    let span = info_span!("handle", invocation.traceparent = Empty);
    span.record("invocation.traceparent", HEADER);
    span.in_scope(|| {});
    span.record("invocation.traceparent", HEADER.replace('4', "5").as_str());
    drop(span);
    assert_eq!(place(&log.records(), "handle"), (TRACE.to_owned(), Some(CALLER.to_owned())));
}

#[test]
fn what_was_opened_inside_before_the_caller_was_known_follows() {
    let log = testing::capture();
    let outer = info_span!("outer", invocation.traceparent = Empty);
    let inner = info_span!(parent: &outer, "inner");
    outer.record("invocation.traceparent", HEADER);
    outer.in_scope(|| inner.in_scope(|| {}));
    let records = log.records();
    assert_eq!(place(&records, "outer"), (TRACE.to_owned(), Some(CALLER.to_owned())));
    assert_eq!(place(&records, "inner").0, TRACE);
}

#[test]
fn a_caller_elsewhere_wins_over_the_operation_around() {
    let log = testing::capture();
    info_span!("serve").in_scope(|| {
        info_span!("handle", invocation.traceparent = HEADER).in_scope(|| {});
    });
    assert_eq!(place(&log.records(), "handle"), (TRACE.to_owned(), Some(CALLER.to_owned())));
}

#[test]
fn a_refused_operation_that_fails_is_a_part_of_the_trace_that_called_it() {
    let log = Log::new();
    let layer = log.layer().with_policy(|_: &tracing_invocation::EventMetadata<'_>| false);
    let records = recorded(&log, layer, || {
        for at_once in [true, false] {
            let span = match at_once {
                true => info_span!("handle", invocation.traceparent = HEADER),
                false => info_span!("handle", invocation.traceparent = Empty),
            };
            span.record("invocation.traceparent", HEADER);
            let operation = tracing_invocation::begin(span);
            operation.fail(&std::io::Error::other("no"));
        }
    });
    assert_eq!(records.len(), 2);
    assert_eq!(place(&records, "handle"), (TRACE.to_owned(), Some(CALLER.to_owned())));
}

#[test]
fn what_is_no_traceparent_begins_a_trace() {
    for header in [
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ] {
        let log = testing::capture();
        info_span!("handle", invocation.traceparent = header).in_scope(|| {});
        let (trace, parent) = place(&log.records(), "handle");
        assert!(trace != TRACE && parent.is_none(), "{header}");
        let error = header.parse::<TraceContext>().unwrap_err().to_string();
        assert!(error.contains("of the form 00-4bf9"), "{error}");
    }
    let later = format!("01{}-and-more", &HEADER[2..]).parse::<TraceContext>().unwrap();
    assert_eq!(later.trace_id.to_string(), TRACE);
}

proptest! {
    #[test]
    fn a_traceparent_is_read_as_it_was_written(trace in 1_u128.., parent in 1_u64.., flags: u8) {
        let header = format!("00-{trace:032x}-{parent:016x}-{flags:02x}");
        let context: TraceContext = header.parse().unwrap();
        prop_assert_eq!(context.trace_id.get(), trace);
        prop_assert_eq!(context.parent_span_id.map(SpanId::get), Some(parent));
    }

    #[test]
    fn no_text_is_too_strange_for_a_traceparent(text in "[-0-9a-f\\PC]{0,80}") {
        let _ = text.parse::<TraceContext>();
    }
}

/// A layer that numbers traces and spans by the key of the span.
fn numbered(log: &Log) -> InvocationLayer {
    log.layer().with_trace_context(|span, _| {
        let span_id = SpanId::new(0xabc0_0000 + span.into_u64())?;
        Some(TraceContext::new(TraceId::new(0xdef)?).with_span_id(span_id))
    })
}

#[test]
fn ids_are_those_that_another_layer_knows() {
    let log = Log::new();
    let layer = numbered(&log);
    let keys = Mutex::new(Vec::new());
    let records = recorded(&log, layer, || {
        let outer = info_span!("outer");
        // Opened before the operation around it has taken its place.
        let inner = info_span!(parent: &outer, "inner");
        for span in [&outer, &inner] {
            keys.lock().unwrap().push(SpanId::new(0xabc0_0000 + span.id().unwrap().into_u64()));
        }
        outer.in_scope(|| inner.in_scope(|| {}));
    });
    let keys = keys.into_inner().unwrap();
    let [outer, inner] = [keys[0].unwrap(), keys[1].unwrap()];
    for record in &records {
        let (own, parent) = match &*record.event_name {
            "outer" => (outer, None),
            _ => (inner, Some(outer)),
        };
        assert_eq!(record.trace_id, TraceId::new(0xdef).unwrap());
        assert_eq!((record.span_id, record.parent_span_id), (own, parent));
    }
    assert_eq!(records.len(), 4);
}

#[test]
fn an_operation_in_a_trace_of_its_own_has_no_parent_in_another() {
    let log = Log::new();
    let layer = log.layer().with_trace_context(|span, _| {
        let trace_id = TraceId::new(u128::from(span.into_u64()))?;
        Some(TraceContext::new(trace_id))
    });
    let records = recorded(&log, layer, || {
        info_span!("outer").in_scope(|| {
            info_span!("inner", invocation.traceparent = HEADER).in_scope(|| {});
            info_span!("other").in_scope(|| {});
        });
    });
    for name in ["outer", "inner", "other"] {
        let (trace, parent) = place(&records, name);
        assert!(trace != TRACE && parent.is_none(), "{name}: {trace} {parent:?}");
    }
}

#[test]
fn a_layer_that_is_optional_asks_too() {
    let log = Log::new();
    let layer = numbered(&log);
    let subscriber = tracing_subscriber::registry().with(Some(layer));
    tracing::dispatcher::with_default(&Dispatch::new(subscriber), || {
        info_span!("optional").in_scope(|| {});
    });
    assert_eq!(place(&log.records(), "optional").0, format!("{:032x}", 0xdef));
}

#[test]
fn what_others_do_not_know_follows_the_operation_around() {
    let log = Log::new();
    let known = log.layer().with_trace_context(|_, dispatch| {
        let is_outer =
            dispatch.current_span().metadata().is_some_and(|span| span.name() == "outer");
        is_outer.then(|| TraceContext::new(TraceId::new(0xdef).unwrap()))
    });
    let records = recorded(&log, known, || {
        let outer = info_span!("outer");
        let inner = info_span!(parent: &outer, "inner");
        outer.in_scope(|| {});
        inner.in_scope(|| {});
    });
    let expected = format!("{:032x}", 0xdef);
    assert_eq!(place(&records, "outer"), (expected.clone(), None));
    assert_eq!(place(&records, "inner").0, expected);
}

#[test]
fn who_knows_traces_is_asked_once_and_does_no_harm() {
    let log = Log::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let layer = log.layer().with_trace_context(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        info_span!("not recorded").in_scope(|| {});
        panic!("and goes no further");
    });
    let records = recorded(&log, layer, || {
        let span = info_span!("polled");
        (0..3).for_each(|_| span.in_scope(|| {}));
        let mut future =
            Box::pin(async { tokio::task::yield_now().await }.operation(info_span!("future")));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while std::future::Future::poll(future.as_mut(), &mut context).is_pending() {}
    });
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert_eq!(records.len(), 4);
}

#[test]
fn every_process_that_takes_part_in_a_trace_samples_it_alike() {
    let kept = |header: &str| {
        let log = Log::new();
        let layer =
            log.layer().with_sampling(Sampling::default().keep_one_in_of_others(2).unwrap());
        let records = recorded(&log, layer, || {
            let early = info_span!("sampled", invocation.traceparent = header);
            let late = info_span!("sampled", invocation.traceparent = Empty);
            late.record("invocation.traceparent", header);
            for span in [early, late] {
                tracing_invocation::begin(span).complete();
            }
        });
        records.len()
    };
    let counts: Vec<_> = (1..=64_u64)
        .map(|n| {
            kept(&format!(
                "00-{:016x}{:016x}-{CALLER}-01",
                n.wrapping_mul(0x9E37_79B9_7F4A_7C15),
                !n
            ))
        })
        .collect();
    assert!(counts.iter().all(|count| matches!(count, 0 | 4)), "both or neither: {counts:?}");
    assert!(counts.contains(&0) && counts.contains(&4), "{counts:?}");
}
