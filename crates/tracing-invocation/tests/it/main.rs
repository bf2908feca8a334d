//! Behaviour through the public API, stated as claims.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod composition;
mod conformance_policy;
mod docs;
mod hostile;
mod operation;
mod policy;
mod programs;
mod stock;
mod support;
