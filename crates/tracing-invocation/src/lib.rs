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
//! For a bare `#[instrument]` nothing tells success from cancellation, and the honest word is `unknown`.
//! `#[instrument(ret, err)]` leaves evidence of success and failure. The field `invocation.evidence` promises that it is
//! always there, so that a call without evidence was cancelled:
//!
//! ```
//! use tracing_invocation::{Outcome, testing};
//!
//! #[tracing::instrument(ret, err, fields(invocation.entity_id = id, invocation.evidence = "ret, err"))]
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

mod asking;
mod callsite;
mod clock;
mod compiled_out;
mod context;
pub mod convention;
mod delivery;
mod error_class;
mod error_kind;
mod evidence;
pub mod format;
mod head;
mod hidden;
mod ids;
mod in_flight;
mod init;
mod journal;
mod layer;
mod line;
mod operation;
mod panic_hook;
mod panic_note;
mod payload;
mod place;
mod policy;
#[doc(hidden)]
pub mod private;
mod record;
mod secret;
mod settings;
mod settle;
pub mod sink;
mod stack;
mod sums;
mod table;
pub mod testing;
mod verbosity;
mod watchdog;

pub use context::ContextFields;
pub use delivery::{Delivery, Guard};
pub use error_class::ErrorClass;
pub use in_flight::{InFlight, OpenOperation};
pub use init::{InitError, init, try_init};
pub use layer::{InvocationLayer, layer};
pub use payload::{InvalidRedaction, Json, Limits, Redaction, Whole};
pub use policy::{EventMetadata, EventPolicy, InvalidPolicy, PatternPolicy, PolicyRule};
pub use record::{
    InvalidId, InvalidTraceparent, Level, Levels, Outcome, Record, SpanId, TraceContext, TraceId,
};
pub use secret::Secret;
pub use settings::{Capture, Handle, InvalidDirectives, InvalidSampling, Sampling, Settings};
#[cfg(feature = "watch")]
pub use settings::{PolicyFile, PolicyFileError};
#[cfg(feature = "tokio-util")]
pub use settle::until_cancelled;
pub use settle::{
    DescribeError, FutureExt, OperationFuture, OperationGuard, OperationStream, StreamExt, Until,
    Verdict, begin, until_shutdown, with_cancel_reason,
};
#[cfg(feature = "tokio")]
pub use settle::{Timeout, timeout};
pub use stack::Awaiting;
pub use tracing_invocation_macros::operation;
pub use verbosity::{UnknownVerbosity, Verbosity};

/// A field that is recorded as structure: anything that serializes.
///
/// Other layers see its JSON as text.
///
/// ```
/// use tracing_invocation::{json, testing};
///
/// let log = testing::capture();
/// let span = tracing::info_span!("sync", users = json(&["ann", "bob"]));
/// span.in_scope(|| {});
/// # drop(span);
/// log.assert_last("sync").with_payload("/users/1", "bob");
/// ```
pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> tracing::field::DisplayValue<Json<'_, T>> {
    tracing::field::display(Json(value))
}

/// A field that is recorded whole: as [`json()`], and no text or list in it is cut. The record's limit holds.
///
/// ```
/// use tracing_invocation::{testing, whole};
///
/// let log = testing::capture();
/// let span = tracing::info_span!("sync", rows = whole(&[0; 12]));
/// span.in_scope(|| {});
/// # drop(span);
/// log.assert_last("sync").with_payload("/rows/11", 0);
/// ```
pub fn whole<T: serde::Serialize + ?Sized>(
    value: &T,
) -> tracing::field::DisplayValue<Whole<'_, T>> {
    tracing::field::display(Whole(value))
}

/// The code of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
