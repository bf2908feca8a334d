//! What happened, and how severe it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a record says of its operation: that it began, or how it ended.
///
/// ```
/// use tracing_invocation::Outcome;
///
/// assert_eq!(Outcome::Cancelled.to_string(), "cancelled");
/// assert!(Outcome::Cancelled.is_terminal());
/// assert!(!Outcome::Invoke.is_terminal());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It began.
    Invoke,
    /// It completed.
    Success,
    /// It returned an error or panicked.
    Failed,
    /// It was dropped before it completed.
    Cancelled,
    /// It ended and left no evidence of how.
    Unknown,
}

impl Outcome {
    /// Every outcome, `invoke` first.
    pub const ALL: [Self; 5] = [
        Self::Invoke,
        Self::Success,
        Self::Failed,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoke => "invoke",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an operation is over once this was recorded.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Invoke)
    }

    /// The level at which this outcome is recorded in full.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Invoke | Self::Success | Self::Unknown => Level::Debug,
            Self::Failed => Level::Error,
            Self::Cancelled => Level::Info,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The severity of a record, least severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Finer than anything this crate records on its own.
    Trace,
    /// The course of things: `invoke`, `success`, `unknown`, and repetitions of a failure or cancellation.
    Debug,
    /// A cancellation.
    Info,
    /// Nothing that this crate records on its own.
    Warn,
    /// A failure.
    Error,
}

impl Level {
    /// The level of a failure or cancellation that an inner operation has already reported in full.
    pub const SUPPRESSED: Self = Self::Debug;

    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
