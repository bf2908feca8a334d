//! Cases of the original about contexts and sinks that have a counterpart here.

use std::collections::BTreeMap;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::{fmt, io};

use serde_json::json;
use tracing_invocation::sink::{Callback, Incident, Line, OnFailure, Output, Queue};
use tracing_invocation::testing::Log;
use tracing_invocation::{Level, Limits, Outcome, begin, operation};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use crate::golden::{assert_golden, assert_golden_observed, case};
use crate::support::poll_once;

#[derive(Debug)]
struct ValueError;

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("boom")
    }
}

impl std::error::Error for ValueError {}

/// The limits belong to the layer, whatever the namespace.
#[test]
fn processor_is_inherited() {
    #[operation(namespace = "a.b", args(value))]
    fn run(value: &str) {
        let _ = value;
    }
    let log = Log::new();
    let layer = log.layer().with_limits(Limits { text: 3, ..Limits::DEFAULT });
    tracing::subscriber::with_default(registry().with(layer), || run("abcdef"));
    assert_golden!("context_tree/processor_is_inherited", log);
}

/// Of each line its head is compared; the payload is written as JSON here.
#[test]
fn stream_default_level() {
    #[operation(namespace = "app.db", entity_id = "conn-1", result)]
    async fn ok() -> u8 {
        1
    }
    #[operation(namespace = "app.db", entity_id = "conn-1")]
    async fn bad() -> Result<(), ValueError> {
        Err(ValueError)
    }
    #[operation(namespace = "app.db", entity_id = "conn-1")]
    async fn stopped() {
        pending().await
    }
    let heads = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&heads);
    let stream = Callback::new(move |line: &Line<'_>| {
        let record = line.record()?;
        let place =
            [&*record.event_namespace, record.entity_id.as_deref().unwrap(), &record.event_name];
        written.lock().unwrap().push(format!(
            "{}: {} [{}]",
            record.level,
            place.join("."),
            record.event_outcome
        ));
        Ok(())
    });
    let log = Log::new();
    let stream = Output::new(stream).with_max_level(Level::Info);
    let subscriber = registry().with(log.layer().and_sink(stream));
    tracing::subscriber::with_default(subscriber, || {
        assert!(poll_once(pin!(ok())).is_ready());
        assert!(poll_once(pin!(bad())).is_ready());
        assert!(poll_once(pin!(stopped())).is_pending());
    });
    assert_golden!("rendering/stream_default_level", log);
    let lines = case("rendering/stream_default_level").observed["lines"].as_array().unwrap();
    let expected: Vec<_> =
        lines.iter().map(|line| line.as_str().unwrap().split(" {").next().unwrap()).collect();
    assert_eq!(*heads.lock().unwrap(), expected);
}

#[test]
fn print_is_the_default() {
    let reports = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&reports);
    let refusing = Callback::new(|_: &Line<'_>| Err(io::Error::other("sink unavailable")));
    let output = Output::new(refusing).on_failure(OnFailure::call(move |incident| {
        if let Incident::Losing { error, .. } = incident {
            assert_eq!(*error, "sink unavailable");
            *counted.lock().unwrap() += 1;
        }
    }));
    let mut bodies_run = Vec::new();
    let subscriber = registry().with(tracing_invocation::layer().with_sink(output));
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..2 {
            tracing::info_span!("run").in_scope(|| bodies_run.push("body"));
        }
    });
    assert_golden_observed!(
        "sink_failures/print_is_the_default",
        json!({"bodies_run": bodies_run})
    );
    let printed = &case("sink_failures/print_is_the_default").stderr;
    let expected = printed.iter().filter(|line| line.ends_with("failed ->")).count();
    assert_eq!(*reports.lock().unwrap(), expected);
}

/// Calls an operation of this name, which leaves `invoke` and `success`.
fn call(name: &str) {
    begin(tracing::info_span!("run", invocation.name = name)).complete();
}

/// A flush waits for all that the queue took, as stopping does in the original.
#[test]
fn stop_flushes() {
    let delivered = Arc::new(Mutex::new(Vec::new()));
    let (release, held) = mpsc::channel::<()>();
    let (names, held) = (Arc::clone(&delivered), Mutex::new(held));
    let sink = Callback::new(move |line: &Line<'_>| {
        // Waits for the first record only: then the sender is gone.
        let _ = held.lock().unwrap().recv();
        let record = line.record()?;
        if record.event_outcome == Outcome::Success {
            names.lock().unwrap().push(record.event_name);
        }
        Ok(())
    });
    let layer = tracing_invocation::layer().with_sink(Output::new(sink).with_queue(Queue::new(10)));
    let guard = layer.guard();
    tracing::subscriber::with_default(registry().with(layer), || {
        ["a", "b", "c"].into_iter().for_each(call);
        assert!(delivered.lock().unwrap().is_empty());
        drop(release);
        drop(guard);
    });
    let delivered = delivered.lock().unwrap();
    assert_golden_observed!("queued_sink/stop_flushes", json!({"delivered": *delivered}));
}

#[test]
fn own_thread() {
    let delivered = Arc::new(Mutex::new(Vec::new()));
    let threads = Arc::new(Mutex::new(Vec::new()));
    let (records, by) = (Arc::clone(&delivered), Arc::clone(&threads));
    let sink = Callback::new(move |line: &Line<'_>| {
        let record = line.record()?;
        if record.event_outcome == Outcome::Success {
            records.lock().unwrap().push(record.event_name);
        }
        by.lock().unwrap().push(thread::current().id());
        Ok(())
    });
    let layer =
        tracing_invocation::layer().with_sink(Output::new(sink).with_queue(Queue::new(1_000)));
    let guard = layer.guard();
    let dispatch = tracing::Dispatch::new(registry().with(layer));
    thread::scope(|scope| {
        for thread in 0..4 {
            let dispatch = &dispatch;
            scope.spawn(move || {
                tracing::dispatcher::with_default(dispatch, || {
                    (0..25).for_each(|number| call(&format!("{thread}.{number}")));
                });
            });
        }
    });
    drop(guard);
    let mut threads = threads.lock().unwrap();
    threads.dedup();
    assert_eq!(threads.len(), 1, "one thread delivers all");
    assert_ne!(threads[0], thread::current().id());

    let delivered = delivered.lock().unwrap();
    let mut last: BTreeMap<u8, i8> = BTreeMap::new();
    let in_order = delivered.iter().all(|name| {
        let (thread, number) = name.split_once('.').unwrap();
        let number = number.parse().unwrap();
        last.insert(thread.parse().unwrap(), number).unwrap_or(-1) == number - 1
    });
    let observed = json!({"delivered": delivered.len(), "in_order": in_order});
    assert_golden_observed!("queued_sink/own_thread", observed);
}

/// Of the root's defaults, those that have a counterpart here are the same.
#[test]
fn default_limits_are_those_of_the_original() {
    let observed = &case("context_tree/root_defaults").observed;
    let limits = Limits::DEFAULT;
    assert_eq!(observed["max_str_len"], limits.text);
    assert_eq!(observed["max_items"], limits.items);
}
