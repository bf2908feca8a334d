//! The same call in different programs: one span with three fields, two lines into memory.

use std::hint::black_box;
use std::io::{self, Write};

use tracing_invocation::{EventMetadata, InvocationLayer, layer, operation};
use tracing_subscriber::prelude::*;

/// One program.
#[derive(Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    run: fn(u64),
}

impl Variant {
    pub(crate) const ALL: [Self; 7] = [
        Self { name: "by_hand", about: "the two lines by hand, no `tracing`", run: by_hand },
        Self {
            name: "registry",
            about: "`tracing` and a registry, nothing written",
            run: registry,
        },
        Self {
            name: "operation",
            about: "`#[operation]`",
            run: |calls| in_layer(layer(), calls, exact),
        },
        Self {
            name: "stock",
            about: "`#[instrument(ret, err)]`",
            run: |calls| in_layer(layer(), calls, stock),
        },
        Self {
            name: "failed",
            about: "`#[operation]`, ended by an error",
            run: |calls| in_layer(layer(), calls, failing),
        },
        Self {
            name: "refused",
            about: "`#[operation]`, refused by a policy, success",
            run: |calls| in_layer(layer().with_policy(deny), calls, exact),
        },
        Self {
            name: "unrecorded",
            about: "`#[operation]`, its target off",
            run: |calls| {
                let layer = layer().with_targets(tracing_subscriber::filter::Targets::new());
                in_layer(layer, calls, exact);
            },
        },
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.name == name)
    }

    pub(crate) fn run(self, calls: u64) {
        (self.run)(calls);
    }
}

fn deny(_: &EventMetadata<'_>) -> bool {
    false
}

#[operation(fields(item, attempt, cached))]
fn exact(item: u64, attempt: i64, cached: bool) -> Result<u64, String> {
    Ok(black_box(item + u64::from(cached) + attempt.unsigned_abs()))
}

#[tracing::instrument(ret, err, skip_all, fields(invocation.name = "stock", item = item, attempt = attempt, cached = cached))]
fn stock(item: u64, attempt: i64, cached: bool) -> Result<u64, String> {
    Ok(black_box(item + u64::from(cached) + attempt.unsigned_abs()))
}

#[operation(fields(item, attempt, cached))]
fn failing(item: u64, attempt: i64, cached: bool) -> Result<u64, &'static str> {
    black_box((item, attempt, cached));
    Err("the card was declined")
}

/// Memory that is written over again and again, as a sink that costs next to nothing.
#[derive(Clone, Copy)]
struct Memory;

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread_local! {
            static LAST: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
        }
        LAST.with_borrow_mut(|last| {
            last.clear();
            last.extend_from_slice(bytes);
            black_box(&*last);
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn in_layer<T>(layer: InvocationLayer, calls: u64, operation: fn(u64, i64, bool) -> T) {
    let subscriber = tracing_subscriber::registry().with(layer.with_writer(|| Memory));
    tracing::subscriber::with_default(subscriber, || repeat(calls, operation));
}

fn registry(calls: u64) {
    tracing::subscriber::with_default(tracing_subscriber::registry(), || repeat(calls, exact));
}

fn repeat<T>(calls: u64, operation: fn(u64, i64, bool) -> T) {
    for call in 0..calls {
        black_box(operation(black_box(call), black_box(3), black_box(true)));
    }
}

/// The two lines that an operation writes, put together by hand from the same parts.
fn by_hand(calls: u64) {
    let mut line = Vec::new();
    for call in 0..calls {
        let (item, attempt, cached) = black_box((call, 3_i64, true));
        for (outcome, ended) in [("invoke", false), ("success", true)] {
            line.clear();
            let duration = if ended { ",\"duration_ns\":1234" } else { "" };
            let written = writeln!(
                line,
                "{{\"timestamp\":\"2026-11-22T08:00:00.{:06}Z\",\"level\":\"DEBUG\",\"event_namespace\":\"bench\",\
                 \"event_name\":\"exact\",\"event_outcome\":\"{outcome}\",\"trace_id\":\"{:032x}\",\
                 \"span_id\":\"{:016x}\"{duration},\"payload\":{{\"item\":{item},\"attempt\":{attempt},\
                 \"cached\":{cached}}}}}",
                call % 1_000_000,
                u128::from(call),
                call,
            );
            black_box(written.is_ok() && Memory.write_all(&line).is_ok());
        }
    }
}
