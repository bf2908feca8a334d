//! Why operations were cancelled, and where they were waiting.
//!
//! The records are on stdout; on stderr stands, for a person, what five of them say. With `Capture`, a layer reads why an
//! operation is dropped off the stack on which it is, and where it waited off the stack on which it last registered to be
//! woken. The names of functions are found on a thread of their own.

use std::io;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, Notify, Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tracing_invocation::sink::{Callback, JsonLines, Line};
use tracing_invocation::{Capture, Outcome, operation};
use tracing_subscriber::prelude::*;

fn main() -> io::Result<()> {
    // Nobody waits for this program, so it waits for every name.
    let patience = Duration::from_secs(10);
    let capture = Capture::none().with_cause().with_awaiting().with_patience(patience);
    let layer = tracing_invocation::layer()
        .with_capture(capture)
        .with_sink(JsonLines::new(io::stdout))
        .and_sink(Callback::new(explain));
    tracing_subscriber::registry().with(layer).init();

    let runtime = paused_runtime()?;
    runtime.block_on(async {
        timeout_on_a_mutex().await;
        lost_select().await;
        abort().await;
        sibling_failed().await;
    });
    runtime.spawn(follow());
    runtime.block_on(async { sleep(SOON).await });
    drop(runtime);
    Ok(())
}

const SOON: Duration = Duration::from_millis(10);

/// A runtime of one thread, whose time goes on by itself when nothing else is left to do.
fn paused_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().start_paused(true).build()
}

static STOCK: Mutex<u32> = Mutex::const_new(7);

async fn timeout_on_a_mutex() {
    let counted_by_somebody_else = STOCK.lock().await;
    let late = timeout(SOON, reserve("order-1")).await;
    assert!(late.is_err());
    drop(counted_by_somebody_else);
}

#[operation(entity_id = order)]
async fn reserve(order: &str) {
    take_from_stock().await;
}

async fn take_from_stock() {
    let mut stock = STOCK.lock().await;
    *stock -= 1;
}

async fn lost_select() {
    let (_offers, mut offered) = mpsc::channel(1);
    tokio::select! {
        () = bargain("order-2", &mut offered) => {}
        () = sleep(SOON) => {}
    }
}

#[operation(entity_id = order)]
async fn bargain(order: &str, offered: &mut mpsc::Receiver<u32>) {
    while offered.recv().await.is_some_and(|price| price > 100) {}
}

async fn abort() {
    let task = tokio::spawn(ship("order-3"));
    sleep(SOON).await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
}

#[operation(entity_id = order)]
async fn ship(order: &'static str) {
    let ramps = Semaphore::new(0);
    let ramp = ramps.acquire().await;
    drop(ramp);
}

async fn sibling_failed() {
    let (_bank, answer) = oneshot::channel();
    let both = tokio::try_join!(charge("order-4", answer), async {
        sleep(SOON).await;
        Err::<(), _>("the address is not known")
    });
    assert!(both.is_err());
}

#[operation(entity_id = order)]
async fn charge(order: &str, answer: oneshot::Receiver<u32>) -> Result<u32, &'static str> {
    answer.await.map_err(|_| "the bank hung up")
}

#[operation(entity_id = "orders")]
async fn follow() {
    Notify::new().notified().await;
}

/// Says on stderr what a record of a cancellation says.
fn explain(line: &Line<'_>) -> io::Result<()> {
    if line.outcome() != Outcome::Cancelled {
        return Ok(());
    }
    let record = line.record()?;
    let told = &record.payload["cancellation"];
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let entity = record.entity_id.unwrap_or_default();
    eprintln!("{} {entity} was cancelled: {}", record.event_name, text(&told["cause"]));
    if let Some(place) = told["dropped_at"].as_str() {
        eprintln!("    dropped at {place}");
    }
    for wait in told["awaiting"].as_array().into_iter().flatten() {
        eprintln!("    waited for {}", text(&wait["on"]));
        for place in wait["chain"].as_array().into_iter().flatten().rev() {
            eprintln!("        at {}", text(place));
        }
    }
    Ok(())
}
