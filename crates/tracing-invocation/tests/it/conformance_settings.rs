//! What the original leaves out by policy and verbosity, case by case, and what this library does.
//!
//! A test is named as its case. Where a case differs here, the test says how.

mod event_policy;
mod verbosity;

use tracing_invocation::Settings;
use tracing_invocation::testing::Log;
use tracing_subscriber::prelude::*;

use crate::support::check_lines;

/// Runs `f` with a layer of these settings, and checks what it wrote.
fn logged(settings: Settings, f: impl FnOnce()) -> Log {
    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(log.layer().with_settings(settings));
    tracing::subscriber::with_default(subscriber, f);
    check_lines(&log);
    log
}
