//! A small shop, in which one operation succeeds, one fails and one is cancelled.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracing_invocation::operation;

#[operation(entity_id = order, args(cents))]
async fn charge(order: u32, cents: u32) -> Result<u32, String> {
    match cents {
        0..10_000 => Ok(cents),
        _ => Err("the card was declined".into()),
    }
}

#[operation(entity_id = order)]
async fn deliver(order: u32) -> Result<(), String> {
    sleep(Duration::from_secs(3_600)).await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), String> {
    tracing_invocation::init();

    charge(1, 2_500).await?;

    if let Err(reason) = charge(2, 250_000).await {
        eprintln!("order 2 is not paid: {reason}");
    }

    // The future of `deliver` is dropped: nothing runs after its `.await`, and yet the log has a word for it.
    let patience = Duration::from_millis(50);
    if timeout(patience, deliver(1)).await.is_err() {
        eprintln!("order 1 is not delivered yet");
    }
    Ok(())
}
