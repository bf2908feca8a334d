//! What happened to every operation a program began: it succeeded, it failed, or it was *cancelled*, each told
//! apart, each told exactly once, as one JSON line.
//!
//! In async Rust a future is cancelled by being dropped: nothing runs after the `.await`, no error is returned,
//! nothing is logged. [`InvocationLayer`] turns the spans that a program already has into records that say so:
//! `invoke` when an operation begins, then exactly one of `success`, `failed`, `cancelled` and `unknown`.
//!
//! - [`init()`] installs it in one line; [`layer()`] composes it with a registry of one's own.
//! - [`Record`] is what a line says, for programs that read it.
//! - [`testing`] captures records in memory, for snapshot tests and assertions.
//!
//! # Which spans are decidable
//!
//! For a bare `#[instrument]` nothing tells success from cancellation, and the honest word is `unknown`. With
//! `#[instrument(ret, err)]` there is evidence of both other ends, and a field `invocation.*` on the span
//! promises that it is in force:
//!
//! ```
//! use tracing_invocation::{Outcome, testing};
//!
//! #[tracing::instrument(ret, err, fields(invocation.entity_id = id))]
//! async fn charge(id: &str) -> Result<u32, std::num::ParseIntError> {
//!     tokio::time::sleep(std::time::Duration::from_secs(60)).await;
//!     "42".parse()
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let log = testing::capture();
//! let deadline = std::time::Duration::from_secs(1);
//! tokio::time::timeout(deadline, charge("order-7")).await.unwrap_err();
//!
//! log.assert_last("charge").ended(Outcome::Cancelled);
//! # }
//! ```
//!
//! The whole convention is in `docs/CONVENTION.md`, and its names are in [`convention`].

mod callsite;
mod clock;
pub mod convention;
mod ids;
mod init;
mod journal;
mod layer;
mod line;
mod operation;
mod payload;
mod record;
mod sink;
mod table;
pub mod testing;

pub use init::{InitError, init, try_init};
pub use layer::{InvalidDirectives, InvocationLayer, layer};
pub use record::{InvalidId, Level, Outcome, Record, SpanId, TraceId};

/// The code of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
