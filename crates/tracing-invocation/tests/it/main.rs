//! Behaviour through the public API, stated as claims.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod composition;
mod conformance_calls;
mod conformance_policy;
mod conformance_settings;
mod conformance_sinks;
mod conformance_values;
mod delivery;
mod docs;
mod errors;
mod evidence;
mod formats;
mod golden;
mod hostile;
mod inherited;
mod interest;
mod limits;
mod operation;
mod panics;
mod policy;
mod policy_file;
mod programs;
mod progress;
mod redaction;
mod returned_err;
mod sentences;
mod settings;
mod stock;
mod support;
mod testing;
mod traces;
mod ui;
mod wrappers;
