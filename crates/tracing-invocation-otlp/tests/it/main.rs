//! Records beside the spans that `tracing-opentelemetry` exports, and exporters where nothing listens or answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod dropping;
mod silence;
mod traces;
