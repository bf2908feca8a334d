//! Two readers of one log: a person who watches stderr, and whatever reads the JSON lines on stdout.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};
use tracing_invocation::sink::Pretty;
use tracing_invocation::{layer, operation};
use tracing_subscriber::prelude::*;

/// The payment did not go through.
#[derive(Debug)]
struct PaymentError(io::Error);

impl fmt::Display for PaymentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bank does not answer")
    }
}

impl Error for PaymentError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[operation(entity_id = order, args(cents, currency), result)]
async fn charge(order: u32, cents: u32, currency: &str) -> Result<u32, PaymentError> {
    match cents {
        0..10_000 => Ok(cents - cents / 50),
        _ => Err(PaymentError(io::ErrorKind::ConnectionRefused.into())),
    }
}

#[operation(fields(shelf = "B 12"))]
async fn pick() {}

#[operation(fields(carrier))]
async fn hand_over(carrier: &str) {
    sleep(Duration::from_secs(3_600)).await;
}

#[operation(entity_id = order)]
async fn deliver(order: u32) {
    pick().await;
    hand_over("Swiss Post").await;
}

#[operation(entity_id = order)]
async fn place(order: u32, cents: u32) -> Result<(), PaymentError> {
    charge(order, cents, "CHF").await?;
    deliver(order).await;
    Ok(())
}

fn main() -> io::Result<()> {
    let layer = layer().and_sink(Pretty::stderr());
    // Outside the runtime: what the runtime drops at its end is told as cancelled.
    let _guard = layer.guard();
    tracing_subscriber::registry().with(layer).init();

    Runtime::new()?.block_on(shop());
    Ok(())
}

async fn shop() {
    let paid = place(1, 250_000).await;
    assert!(paid.is_err(), "the bank is down");

    let patience = Duration::from_millis(50);
    let placed = timeout(patience, place(2, 2_500)).await;
    assert!(placed.is_err(), "nobody delivers within {patience:?}");
}
