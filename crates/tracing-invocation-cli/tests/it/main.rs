//! `invocations`, as it is run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod any_bytes;
mod bad_input;
mod check;
mod diff;
mod follow;
mod formats;
mod help;
mod open;
mod progress;
mod readme;
mod report;
mod stats;
mod support;
mod tree;
