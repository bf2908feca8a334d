//! What is recorded, decided apart from the code that runs, and changed while it runs.

mod levels;
mod live;
mod policy;
mod sampling;
mod verbosity;

use std::cell::Cell;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::subscriber::with_default;
use tracing_invocation::testing::Log;
use tracing_invocation::{
    EventMetadata, EventPolicy, InvocationLayer, Level, Levels, Outcome, Sampling, Settings,
    Verbosity, operation,
};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::support::{check_lines, only, poll_once, story};

/// Runs `f` with a layer of these settings, and checks what it wrote.
fn logged(settings: Settings, f: impl FnOnce()) -> Log {
    let log = Log::new();
    run_in(log.layer().with_settings(settings), f);
    check_lines(&log);
    log
}

fn run_in(layer: InvocationLayer, f: impl FnOnce()) {
    with_default(tracing_subscriber::registry().with(layer), f);
}

fn settings() -> Settings {
    Settings::default()
}

fn deny_all(_: &EventMetadata<'_>) -> bool {
    false
}

/// Where `run` stands.
const FILE: &str = file!();

#[operation(entity_id = item)]
fn run(item: &str, fail: bool) -> Result<u8, String> {
    if fail { Err("boom".into()) } else { Ok(1) }
}

#[operation]
async fn wait() {
    std::future::pending().await
}
