//! Records on their way to a collector: a process that is made from the protocol's own definitions.

mod answers;
mod arriving;
mod guide;
mod outages;
mod process;
mod receiver;

use std::pin::pin;
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use receiver::{Port, Wire};
use tracing::Dispatch;
use tracing_invocation::sink::{OnFailure, Output, OutputCounters};
use tracing_invocation::{Delivery, FutureExt as _, InvocationLayer, operation};
use tracing_invocation_otlp::{Exporter, Retry};
use tracing_subscriber::prelude::*;

/// Long enough for anything that happens at all.
const LONG: Duration = Duration::from_secs(60);

/// An exporter to a receiver of this test, that does not wait long for anything.
fn exporter(wire: Wire, port: &Port) -> Exporter {
    let pauses = (Duration::from_millis(10), Duration::from_millis(100));
    Exporter::new()
        .with_protocol(wire.protocol())
        .with_endpoint(format!("http://127.0.0.1:{}", port.number()))
        .with_service_name("end-to-end")
        .with_batch(100, Duration::from_millis(20))
        .with_retry(Retry::new().with_pauses(pauses.0, pauses.1))
}

fn quiet(exporter: Exporter) -> Output {
    exporter.build().unwrap().on_failure(OnFailure::ignore())
}

/// Runs `program` on this thread, recorded by `layer`.
fn recorded<T>(layer: InvocationLayer, program: impl FnOnce(&Dispatch) -> T) -> T {
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    tracing::dispatcher::with_default(&dispatch, || program(&dispatch))
}

/// What became of the records of the one output, which have to add up.
#[track_caller]
fn account(delivery: &Delivery) -> OutputCounters {
    let counters = delivery.counters();
    let output = counters.outputs[0].clone();
    assert_eq!(output.queued, 0, "{counters:?}");
    assert_eq!(output.written + output.dropped.total(), counters.recorded, "{counters:?}");
    output
}

/// Fails if `test` does not end.
#[track_caller]
fn bounded(test: impl FnOnce() + Send + 'static) {
    let (ended, end) = channel::<()>();
    let test = thread::spawn(move || {
        let _ended = ended;
        test();
    });
    let end = end.recv_timeout(LONG * 4);
    assert_ne!(end, Err(std::sync::mpsc::RecvTimeoutError::Timeout), "it does not end");
    if let Err(panic) = test.join() {
        std::panic::resume_unwind(panic);
    }
}

#[operation(entity_id = order, args(order, whole: weights), result)]
fn weigh(order: u32, weights: &[f64]) -> Option<f64> {
    (!weights.is_empty()).then(|| weights.iter().sum())
}

#[operation(fields(tenant = "blue"))]
fn charge(order: u32) -> Result<(), std::num::ParseIntError> {
    weigh(order, &[]);
    "x".parse().map(|_: u8| ())
}

#[operation]
fn panic_over(what: &str) {
    panic!("{what}");
}

#[operation(args(whole: text))]
fn store(text: &str) {
    assert!(!text.is_empty());
}

/// Operations that end in every way there is, twelve records in all.
fn end_in_every_way() {
    weigh(7, &[1.5, 2.0, -0.25]);
    charge(8).unwrap_err();
    let panicked = std::panic::catch_unwind(|| panic_over("on purpose \u{1f980}"));
    assert!(panicked.is_err());
    tracing::info_span!("left").in_scope(|| {});
    let pending = std::future::pending::<()>().operation(tracing::info_span!("waiting"));
    let _ = pin!(pending).poll(&mut Context::from_waker(Waker::noop()));
}

/// An operation with nothing in it: two records.
fn succeed() {
    tracing::info_span!("succeed", invocation.name = "succeed").in_scope(|| {});
}
