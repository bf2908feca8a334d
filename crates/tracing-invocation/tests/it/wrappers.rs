//! Futures, streams and guards that are operations by hand.

mod futures;
mod guards;
mod nested;
mod streams;

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::task::Poll;

use serde_json::{Value, json};
use tracing_invocation::Outcome;
use tracing_invocation::testing::Log;

use crate::support::only;

/// Pending once.
async fn pause() {
    let mut paused = false;
    poll_fn(|_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

/// A panic's payload that is no text.
#[derive(Debug, PartialEq)]
struct Payload(u32);

/// Panics with a payload that is no text.
fn explode(number: u32) -> ! {
    panic_any(Payload(number))
}

/// The payload of the panic that `f` ends with.
#[track_caller]
fn payload_of<T>(f: impl FnOnce() -> T) -> Payload {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("expected a panic") };
    *payload.downcast().unwrap()
}

/// What the only failure of this name says, but for the place of a panic: see `panics.rs`.
#[track_caller]
fn error_of(log: &Log, name: &str) -> Value {
    let mut error = only(log, name, Outcome::Failed).payload["error"].clone();
    error.as_object_mut().unwrap().remove("location");
    error
}

/// The error of a panic with this message.
fn panicked(message: &str) -> Value {
    json!({"type": "panic", "message": message})
}

/// What is said of a panic whose message is not known.
const UNKNOWN_MESSAGE: &str = tracing_invocation::convention::error::MESSAGE_PANIC;
