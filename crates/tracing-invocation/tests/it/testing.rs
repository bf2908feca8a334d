//! The testing kit: which operations a capture takes, the tree of a log, and assertions that fail.

mod assertions;
mod captures;
mod threads;
mod trees;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tracing_invocation::operation;
use tracing_invocation::testing::Log;

#[operation(entity_id = number)]
fn reserve(number: u32) -> Result<u32, String> {
    if number > 100 { Err(format!("{number} is too many")) } else { Ok(number) }
}

#[operation(entity_id = number)]
async fn fetch(number: u32) -> Result<u32, String> {
    tokio::task::yield_now().await;
    reserve(number)
}

/// The tree of a log, as lines.
fn lines(log: &Log) -> Vec<String> {
    log.tree().to_string().lines().map(str::to_owned).collect()
}

/// Runs something on a new thread, which belongs to no capture.
fn elsewhere<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// The message of a panic.
fn message_of(run: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast_ref::<&str>().unwrap()).to_owned(),
    }
}
