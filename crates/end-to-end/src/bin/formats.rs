//! Prints records of every outcome in the format of its argument: `native`, `ecs`, `google_cloud`, `otlp_json`, `bunyan`
//! or `datadog`.

#![allow(clippy::panic, reason = "one of the operations is to panic")]

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::panic::catch_unwind;
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Waker};

use serde::Serialize;
use serde_json::{Value, json};
use tracing_invocation::format::{Bunyan, Datadog, Ecs, GoogleCloud, OtlpJson};
use tracing_invocation::sink::{JsonLines, OnFailure, Output};
use tracing_invocation::{DescribeError, layer, operation, whole};
use tracing_subscriber::prelude::*;

/// An error with a cause and details.
#[derive(Debug)]
struct Declined {
    code: u16,
    cause: io::Error,
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card was\ndeclined \"for now\" \u{1b}[31m")
    }
}

impl Error for Declined {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl DescribeError for Declined {
    fn details(&self) -> impl Serialize {
        json!({ "code": self.code, "tries": [1, 2.5, null], "🦀": { "": {} } })
    }
}

#[operation(entity_id = order, args(order), result(len = len()))]
fn ship(order: &str) -> String {
    order.repeat(2)
}

#[operation(fields(card = "4242", password = "hunter2"))]
fn charge() -> Result<(), Declined> {
    Err(Declined { code: 51, cause: io::Error::other("connection reset") })
}

#[operation]
fn checkout() -> Result<(), Declined> {
    charge()
}

#[operation]
fn overflow(number: usize) -> u8 {
    [1, 2, 3][number]
}

#[operation]
async fn fetch() {
    std::future::pending().await
}

#[operation]
async fn refresh() {
    fetch().await;
}

/// As much as a record takes, and more than most formats make of it.
#[operation(args(numbers = whole(&numbers), deep = whole(&deep)))]
fn report(numbers: &[u64], deep: &Value) {
    let _ = (numbers, deep);
}

#[operation]
fn lose() {}

/// Standard output, which refuses the records of `lose`.
struct Stumbling;

impl Write for Stumbling {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let is_refused = line.windows(6).any(|part| part == b"\"lose\"");
        if is_refused { Err(io::Error::other("disk full")) } else { io::stdout().write(line) }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

fn main() -> ExitCode {
    let output = Output::new(JsonLines::new(|| Stumbling)).on_failure(OnFailure::ignore());
    let output = match std::env::args().nth(1).as_deref() {
        Some("native") => output,
        Some("ecs") => output.with_format(Ecs::new().with_service("shop")),
        Some("google_cloud") => output.with_format(GoogleCloud::new().with_project("shop-7")),
        Some("otlp_json") => output
            .with_format(OtlpJson::new("shop").with_resource_attribute("service.version", "1.0.0")),
        Some("bunyan") => output.with_format(Bunyan::new("shop")),
        Some("datadog") => output.with_format(Datadog::new("shop")),
        _ => {
            eprintln!("a format is native, ecs, google_cloud, otlp_json, bunyan or datadog");
            return ExitCode::FAILURE;
        }
    };
    let layer = layer().with_sink(output);
    let _guard = layer.guard();
    tracing_subscriber::registry().with(layer).init();
    std::panic::set_hook(Box::new(|_| {}));
    run();
    ExitCode::SUCCESS
}

fn run() {
    ship(
        "order-7 with a name that is long enough to be cut: 🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀",
    );
    let _ = checkout();
    let _ = catch_unwind(|| overflow(3));
    {
        let mut dropped = pin!(refresh());
        let _ = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    let deep = (0..40).fold(json!("deep"), |inner, _| json!([inner]));
    report(&(0..1_500).collect::<Vec<_>>(), &deep);
    lose();
    ship("order-8");
    let open = tracing::info_span!("compress", level = 9, ratio = f64::NAN, bytes = u128::MAX);
    open.in_scope(|| {});
    // It stays open until the log ends.
    std::mem::forget(open);
}
