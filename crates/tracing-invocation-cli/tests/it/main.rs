//! `invocations`, as it is run.

mod bad_input;
mod check;
mod diff;
mod follow;
mod formats;
mod help;
mod open;
mod progress;
mod report;
mod stats;
mod support;
mod tree;
