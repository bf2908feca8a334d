//! A collector that goes away, and comes back.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tracing_invocation::sink::Queue;
use tracing_invocation::{Delivery, layer};
use tracing_invocation_otlp::Retry;

use super::receiver::{Port, Receiver, Request, Wire};
use super::{LONG, account, bounded, exporter, quiet, recorded, succeed};

/// The different records in requests, and the number of those that tell of losses.
fn different<'a>(
    requests: impl IntoIterator<Item = &'a Request>,
) -> (BTreeSet<String>, Vec<Value>) {
    let (mut names, mut told) = (BTreeSet::new(), Vec::new());
    for record in requests.into_iter().flat_map(Request::records) {
        if record["event_name"] == "delivery" {
            told.push(record);
        } else {
            names.insert(format!("{} {}", record["span_id"], record["event_outcome"]));
        }
    }
    (names, told)
}

/// Kills a receiver under load, goes on for a while, and starts another at the same place.
fn killed_under_load(wire: Wire) {
    const THREADS: usize = 4;
    const OPERATIONS: usize = 500;
    let port = Port::new();
    let receiver = Receiver::start(wire, &port, &[]);
    let layer = layer().with_sink(quiet(exporter(wire, &port).with_queue(Queue::new(100_000))));
    let delivery = layer.delivery();
    let barrier = Barrier::new(THREADS + 1);
    let (mut requests, second) = recorded(layer, |dispatch| {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    tracing::dispatcher::with_default(dispatch, || {
                        (0..OPERATIONS).for_each(|_| succeed());
                        // The receiver is dead from here.
                        barrier.wait();
                        (0..OPERATIONS).for_each(|_| succeed());
                        barrier.wait();
                        (0..OPERATIONS).for_each(|_| succeed());
                    });
                });
            }
            let mut requests: Vec<_> = (0..3).map(|_| receiver.next()).collect();
            requests.extend(receiver.kill());
            barrier.wait();
            barrier.wait();
            (requests, Receiver::start(wire, &port, &[]))
        })
    });
    delivery.flush(LONG).unwrap();
    requests.extend(second.stop());
    let (names, told) = different(&requests);
    assert_eq!(names.len(), 2 * 3 * THREADS * OPERATIONS);
    assert_eq!(told, Vec::<Value>::new());
    let output = account(&delivery);
    assert_eq!((output.written, output.write_errors), (names.len() as u64, 0));
}

#[test]
fn nothing_is_lost_over_http_when_a_collector_is_killed_and_comes_back() {
    bounded(|| killed_under_load(Wire::Http));
}

#[test]
fn nothing_is_lost_over_grpc_when_a_collector_is_killed_and_comes_back() {
    bounded(|| killed_under_load(Wire::Grpc));
}

/// Records until there are losses of both kinds.
fn lose(delivery: &Delivery) {
    let begun = Instant::now();
    loop {
        let dropped = delivery.counters().outputs[0].dropped;
        if dropped.write_failed > 0 && dropped.queue_full > 0 {
            return;
        }
        assert!(begun.elapsed() < LONG, "{dropped:?}");
        succeed();
        thread::sleep(Duration::from_micros(50));
    }
}

#[test]
fn what_an_outage_takes_is_told_once_it_is_over() {
    bounded(|| {
        for wire in Wire::ALL {
            let port = Port::new();
            let first = Receiver::start(wire, &port, &[]);
            let retry = Retry::new().with_budget(Duration::from_millis(100));
            let pauses = Duration::from_millis(10);
            let exporter = exporter(wire, &port)
                .with_retry(retry.with_pauses(pauses, pauses))
                .with_batch(50, Duration::from_millis(1))
                .with_queue(Queue::new(200));
            let layer = layer().with_sink(quiet(exporter));
            let delivery = layer.delivery();
            let mut requests = recorded(layer, |_| {
                (0..20).for_each(|_| succeed());
                delivery.flush(LONG).unwrap();
                let requests = first.kill();
                lose(&delivery);
                requests
            });
            let second = Receiver::start(wire, &port, &[]);
            // What is in the queue, and what is to be told.
            delivery.flush(LONG).unwrap();
            requests.extend(second.stop());

            let output = account(&delivery);
            let (names, told) = different(&requests);
            assert_eq!(names.len() as u64, output.written);
            let lost = |reason: &str| {
                let details = told.iter().map(|record| &record["payload"]["error"]["details"]);
                details.map(|details| details[reason].as_u64().unwrap()).sum::<u64>()
            };
            assert_eq!(lost("write_failed"), output.dropped.write_failed);
            assert_eq!(lost("queue_full"), output.dropped.queue_full);
            assert_eq!(output.loss_records, told.len() as u64);
        }
    });
}

#[test]
fn whoever_waits_does_not_wait_for_a_long_pause() {
    bounded(|| {
        for wire in Wire::ALL {
            let port = Port::new();
            let answer = if wire == Wire::Http { "503" } else { "UNAVAILABLE" };
            let receiver = Receiver::start(wire, &port, &[answer, answer, "ok"]);
            let retry = Retry::new().with_budget(LONG * 1_000).with_pauses(LONG * 10, LONG * 10);
            let layer = layer().with_sink(quiet(exporter(wire, &port).with_retry(retry)));
            let delivery = layer.delivery();
            recorded(layer, |_| succeed());
            receiver.next();
            let begun = Instant::now();
            // One that comes during an attempt is before the pause.
            while delivery.flush(Duration::from_millis(50)).is_err() {
                assert!(begun.elapsed() < LONG / 2);
            }
            assert_eq!(account(&delivery).written, 2);
        }
    });
}
