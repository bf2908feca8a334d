//! How an operation ended, as its wrapper says.

use std::error::Error;
use std::fmt::Display;

use super::error::{Probed, failed};
use super::handover;
use crate::error_kind::Kind;
use crate::operation::{Ending, Failure};
use crate::payload::{Rules, text};

/// How an operation ended, in the words of whoever knows.
///
/// ```
/// use tracing_invocation::{FutureExt as _, Outcome, Verdict, testing};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let log = testing::capture();
/// let fetch = async { 503_u16 };
/// let judge = |status: &u16| match status {
///     200..400 => Verdict::success(),
///     status => Verdict::failed_as("status", status),
/// };
/// fetch.operation_judged(tracing::info_span!("fetch"), judge).await;
///
/// log.assert_last("fetch").ended(Outcome::Failed).with_payload("/error/message", "503");
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a verdict says something only where it is used"]
pub struct Verdict(Option<Ending>);

impl Verdict {
    /// It completed.
    pub fn success() -> Self {
        Self::from_ending(Ending::SUCCESS)
    }

    /// It failed with this error: told with its causes, and in full by the innermost operation that returns it.
    pub fn failed<E: Error + 'static>(error: &E) -> Self {
        Self::from_ending(failed(Probed::error(error), None))
    }

    /// It failed with something that is not an [`Error`]: of this type, in words that a person reads, and with
    /// this text.
    pub fn failed_as(kind: &str, message: impl Display) -> Self {
        let Rules { limits, redaction } = handover::rules();
        Self::from_ending(Ending::failed(Failure::new(
            Kind::new(redaction.redact_text(kind).into_owned()),
            |to| {
                text::push_formatted(to, format_args!("{message}"), limits.message, &redaction);
            },
        )))
    }

    /// It was cancelled.
    pub fn cancelled() -> Self {
        Self::from_ending(Ending::CANCELLED)
    }

    /// It succeeded or failed, as the result says.
    pub fn of<T, E: Error + 'static>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::success(),
            Err(error) => Self::failed(error),
        }
    }

    /// None yet.
    pub(crate) fn later() -> Self {
        Self(None)
    }

    pub(crate) fn from_ending(ending: Ending) -> Self {
        Self(Some(ending))
    }

    pub(crate) fn into_ending(self) -> Option<Ending> {
        self.0
    }
}
