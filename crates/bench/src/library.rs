//! This library.

use std::error::Error;
use std::future::poll_fn;
use std::io::Write;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, instrument};
use tracing_invocation::sink::{Callback, JsonLines, Output, Queue};
use tracing_invocation::{Capture, EventMetadata, InvocationLayer, layer, operation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::memory::Memory;
use crate::order::{Declined, Order, drive, poll_once, wait};
use crate::variant::{Program, Variant};

/// `tracing` alone: spans, and nobody to write of them.
pub(crate) const FLOOR: [Variant; 4] = [
    Variant::new("registry", "`tracing` and `Registry`, nothing written", || {
        with(tracing_subscriber::registry(), Program::new(place_bare))
    }),
    Variant::new("registry_ready", "the same, async, ready at once", || {
        with(tracing_subscriber::registry(), Program::new(|order| drive(waits_bare(order, 0))))
    }),
    Variant::new("registry_three_polls", "the same, three polls", || {
        with(tracing_subscriber::registry(), Program::new(|order| drive(waits_bare(order, 2))))
    }),
    Variant::new("registry_operation", "the first with `#[operation]`", || {
        with(tracing_subscriber::registry(), Program::new(place))
    }),
];

/// The ways in which operations run and end, with `#[operation]`.
pub(crate) const OPERATION: [Variant; 21] = [
    Variant::new("operation", "sync", || recorded(Program::new(place))),
    Variant::new("ready", "async, ready at once", || {
        recorded(Program::new(|order| drive(waits(order, 0))))
    }),
    Variant::new("three_polls", "async, three polls", || {
        recorded(Program::new(|order| drive(waits(order, 2))))
    }),
    Variant::new("nested", "three nested, each", || recorded(Program::of_three(outer))),
    Variant::new("failed", "ended by `Err`", || recorded(Program::new(declined)))
        .with_limit("by_hand_failed"),
    Variant::new("dropped", "async, dropped while pending", || {
        recorded(Program::new(|order| poll_once(waits(order, 2))))
    })
    .with_limit("by_hand_dropped"),
    Variant::new("dropped_cause", "the same, its cause captured", || {
        capturing(Capture::none().with_cause(), |order| poll_once(waits(order, 2)))
    })
    .with_limit("by_hand_dropped")
    .unsteady(),
    Variant::new("dropped_awaiting", "the same, where it waits captured", || {
        capturing(Capture::none().with_awaiting(), |order| poll_once(parks(order)))
    })
    .with_limit("by_hand_dropped")
    .unsteady(),
    Variant::new("three_polls_cause", "async, three polls, causes captured", || {
        capturing(Capture::none().with_cause(), |order| drive(waits(order, 2)))
    })
    .unsteady(),
    Variant::new("three_polls_awaiting", "async, three polls, where it waits captured", || {
        capturing(Capture::none().with_awaiting(), |order| drive(waits(order, 2)))
    })
    .unsteady(),
    Variant::new("refused", "refused by a policy, success", || {
        in_layer(layer().with_policy(deny), Program::new(place))
    }),
    Variant::new("refused_failed", "refused by a policy, ended by `Err`", || {
        in_layer(layer().with_policy(deny), Program::new(declined))
    })
    .with_limit("by_hand_failed"),
    Variant::new("failures_only", "record threshold `error`, success", || {
        in_layer(layer().with_record_threshold(threshold(LevelFilter::ERROR)), Program::new(place))
    }),
    Variant::new("failures_only_failed", "record threshold `info`, ended by `Err`", || {
        in_layer(
            layer().with_record_threshold(threshold(LevelFilter::INFO)),
            Program::new(declined),
        )
    })
    .with_limit("by_hand_failed"),
    Variant::new("target_off", "its target off in this layer", || {
        in_layer(layer().with_targets(Targets::new()), Program::new(place))
    }),
    Variant::new("disabled", "disabled by level for every layer", || quiet(Program::new(place))),
    Variant::new("disabled_ready", "async, disabled by level", || {
        quiet(Program::new(|order| drive(waits(order, 0))))
    }),
    Variant::new("plain_ready", "async, no attribute", || {
        quiet(Program::new(|order| drive(waits_plain(order, 0))))
    }),
    Variant::new("progress", "sync, progress captured", || {
        in_layer(layer().with_capture(Capture::none().with_progress()), Program::new(place))
    }),
    Variant::new("progress_three_polls", "async, three polls, progress captured", || {
        in_layer(
            layer().with_capture(Capture::none().with_progress()),
            Program::new(|order| drive(waits(order, 2))),
        )
    }),
    Variant::new("two_threads", "two threads at once", || recorded(Program::on_two_threads(place)))
        .unsteady()
        .allocating_elsewhere(),
];

/// The same with stock spans.
pub(crate) const STOCK: [Variant; 7] = [
    Variant::new("stock", "sync", || recorded(Program::new(place_stock))),
    Variant::new("stock_ready", "async, ready at once", || {
        recorded(Program::new(|order| drive(waits_stock(order, 0))))
    }),
    Variant::new("stock_three_polls", "async, three polls", || {
        recorded(Program::new(|order| drive(waits_stock(order, 2))))
    }),
    Variant::new("stock_nested", "three nested, each", || recorded(Program::of_three(outer_stock))),
    Variant::new("stock_failed", "ended by `Err`", || recorded(Program::new(declined_stock)))
        .with_limit("by_hand_failed"),
    Variant::new("stock_dropped", "async, dropped while pending", || {
        recorded(Program::new(|order| poll_once(waits_stock(order, 2))))
    })
    .with_limit("by_hand_dropped"),
    Variant::new("stock_refused", "refused by a policy, success", || {
        in_layer(layer().with_policy(deny), Program::new(place_stock))
    }),
];

/// Where lines may go instead of memory.
pub(crate) const WRITERS: [Variant; 4] = [
    Variant::new("file", "`#[operation]`, a file behind a lock", || {
        let file = Mutex::new(tempfile::tempfile()?);
        with(tracing_subscriber::registry().with(layer().with_writer(file)), Program::new(place))
    })
    .with_limit("by_hand_file")
    .unsteady(),
    Variant::new("queue", "`#[operation]`, a queue that never fills", || {
        let output = Output::new(JsonLines::new(|| Memory)).with_queue(Queue::new(1_000_000));
        let layer = layer().with_sink(output);
        let guard = layer.guard();
        let program = Program::new(place).finished_by(|| drop(guard));
        with(tracing_subscriber::registry().with(layer), program)
    })
    .unsteady(),
    Variant::new("unlocked", "`#[operation]`, a sink without a lock", || {
        unlocked(Program::new(place))
    }),
    Variant::new("two_threads_unlocked", "the same, two threads at once", || {
        unlocked(Program::on_two_threads(place))
    })
    .unsteady()
    .allocating_elsewhere(),
];

/// Operations that end by a value, by an `Err` and by a drop.
pub(crate) const ENDINGS: [fn(Order); 6] = [
    |order| drop(place(order)),
    |order| drop(declined(order)),
    |order| drop(drive(waits(order, 1))),
    |order| assert!(!poll_once(waits(order, 1))),
    |order| drop(place_stock(order)),
    |order| assert!(!poll_once(waits_stock(order, 1))),
];

fn recorded(program: Program) -> Result<Program, Box<dyn Error>> {
    in_layer(layer(), program)
}

/// Where no layer takes an operation, by its level.
fn quiet(program: Program) -> Result<Program, Box<dyn Error>> {
    let layer = layer().with_writer(|| Memory);
    with(tracing_subscriber::registry().with(layer).with(LevelFilter::WARN), program)
}

fn capturing<T: 'static>(
    capture: Capture,
    operation: impl Fn(Order) -> T + 'static,
) -> Result<Program, Box<dyn Error>> {
    let patience = Duration::from_secs(10);
    let program = Program::new(operation);
    in_layer(layer().with_capture(capture.with_patience(patience)), program)
}

fn in_layer(layer: InvocationLayer, program: Program) -> Result<Program, Box<dyn Error>> {
    with(tracing_subscriber::registry().with(layer.with_writer(|| Memory)), program)
}

/// Recorded by a sink that does not have threads take turns: each has memory of its own.
fn unlocked(program: Program) -> Result<Program, Box<dyn Error>> {
    let sink = Callback::new(|line| Memory.write_all(line.bytes()));
    with(tracing_subscriber::registry().with(layer().with_sink(sink)), program)
}

/// Makes `subscriber` the one of the process, as programs do.
pub(crate) fn with(
    subscriber: impl Subscriber + Send + Sync,
    program: Program,
) -> Result<Program, Box<dyn Error>> {
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(program)
}

fn threshold(level: LevelFilter) -> Targets {
    Targets::new().with_default(level)
}

fn deny(_: &EventMetadata<'_>) -> bool {
    false
}

#[instrument(name = "place", skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
pub(crate) fn place_bare(order: Order) -> Result<u64, Declined> {
    Ok(order.receipt())
}

#[instrument(name = "waits", skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
pub(crate) async fn waits_bare(order: Order, times: u32) -> Result<u64, Declined> {
    wait(times).await;
    Ok(order.receipt())
}

#[operation(fields(order.item, order.region, order.retry))]
pub(crate) fn place(order: Order) -> Result<u64, Declined> {
    Ok(order.receipt())
}

#[operation("place", fields(order.item, order.region, order.retry))]
pub(crate) fn declined(order: Order) -> Result<u64, Declined> {
    order.receipt();
    Err(Declined)
}

#[operation("place", fields(order.item, order.region, order.retry))]
pub(crate) async fn waits(order: Order, times: u32) -> Result<u64, Declined> {
    wait(times).await;
    Ok(order.receipt())
}

/// What is left of it without the attribute.
async fn waits_plain(order: Order, times: u32) -> Result<u64, Declined> {
    wait(times).await;
    Ok(order.receipt())
}

/// Registers to be woken, in the way that what waits does.
#[operation("place", fields(order.item, order.region, order.retry))]
async fn parks(order: Order) -> Result<u64, Declined> {
    let mut waker = None;
    poll_fn(|context| {
        waker = Some(context.waker().clone());
        Poll::<()>::Pending
    })
    .await;
    Ok(order.receipt())
}

#[operation(fields(order.item, order.region, order.retry))]
fn outer(order: Order) -> Result<u64, Declined> {
    middle(order)
}

#[operation(fields(order.item, order.region, order.retry))]
fn middle(order: Order) -> Result<u64, Declined> {
    place(order)
}

#[instrument(name = "place", ret, err, skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
fn place_stock(order: Order) -> Result<u64, Declined> {
    Ok(order.receipt())
}

#[instrument(name = "place", ret, err, skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
fn declined_stock(order: Order) -> Result<u64, Declined> {
    order.receipt();
    Err(Declined)
}

#[instrument(name = "place", ret, err, skip_all, fields(item = order.item, region = order.region, retry = order.retry, invocation.evidence = "ret, err"))]
async fn waits_stock(order: Order, times: u32) -> Result<u64, Declined> {
    wait(times).await;
    Ok(order.receipt())
}

#[instrument(name = "outer", ret, err, skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
fn outer_stock(order: Order) -> Result<u64, Declined> {
    middle_stock(order)
}

#[instrument(name = "middle", ret, err, skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
fn middle_stock(order: Order) -> Result<u64, Declined> {
    place_stock(order)
}
