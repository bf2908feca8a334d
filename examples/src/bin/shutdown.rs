//! A worker that is told to end (SIGTERM): what can finish does, what cannot is cancelled, and what does not even
//! notice is told as unknown. The log ends complete.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime;
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

fn main() -> io::Result<()> {
    let stdout = Output::new(JsonLines::new(io::stdout)).with_queue(Queue::new(10_000));
    let layer = layer().with_sink(stdout);
    // Declared before the runtime, hence dropped after it: what the runtime drops is told as cancelled.
    let _guard = layer.guard().with_deadline(Duration::from_secs(2));
    tracing_subscriber::registry().with(layer).init();

    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work())?;
    runtime.shutdown_timeout(Duration::from_millis(50));
    Ok(())
}

async fn work() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = Arc::new(Notify::new());
    let settling = tokio::spawn(settle_orders(Arc::clone(&stop)));
    tokio::spawn(follow_prices());
    tokio::task::spawn_blocking(compress_archive);

    terminated.recv().await;
    stop.notify_one();
    match settling.await {
        Ok(orders) => eprintln!("{orders} orders are settled"),
        Err(error) => eprintln!("orders are not settled: {error}"),
    }
    Ok(())
}
