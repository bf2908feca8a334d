//! A worker that is told to end (SIGTERM): what can finish does, what cannot is cancelled, and what does not even
//! notice is told as unknown. The log ends complete.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tracing_invocation::sink::{JsonLines, Output, Queue};
use tracing_invocation::{layer, operation};
use tracing_subscriber::prelude::*;

/// Listens to the request to end.
#[operation]
async fn settle_orders(stop: Arc<Notify>) -> usize {
    stop.notified().await;
    3
}

/// Would go on for ever.
#[operation]
async fn follow_prices() {
    std::future::pending().await
}

/// Cannot be interrupted.
#[operation]
fn compress_archive() {
    loop {
        thread::park();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let stdout = Output::new(JsonLines::new(io::stdout)).with_queue(Queue::new(10_000));
    let layer = layer().with_sink(stdout);
    // It flushes here, and ends the log when the process exits: what the runtime cancels in between is told as cancelled.
    let _guard = layer.guard().with_deadline(Duration::from_secs(2));
    tracing_subscriber::registry().with(layer).init();

    let mut terminated = signal(SignalKind::terminate())?;
    let stop = Arc::new(Notify::new());
    let settling = tokio::spawn(settle_orders(Arc::clone(&stop)));
    tokio::spawn(follow_prices());
    thread::spawn(compress_archive);

    terminated.recv().await;
    stop.notify_one();
    match settling.await {
        Ok(orders) => eprintln!("{orders} orders are settled"),
        Err(error) => eprintln!("orders are not settled: {error}"),
    }
    Ok(())
}
