//! Behaviour through the public API, stated as claims.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod composition;
mod docs;
mod hostile;
mod operation;
mod programs;
mod redaction;
mod stock;
mod support;
