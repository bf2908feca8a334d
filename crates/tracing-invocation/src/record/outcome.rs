//! What happened, and how severe it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a record says of its operation: that it began, that it takes long, or how it ended.
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
    /// It goes on, and takes longer than it should. Never the last word, and only said where it was asked for.
    Slow,
}

impl Outcome {
    /// Every outcome, `invoke` first.
    pub const ALL: [Self; 6] =
        [Self::Invoke, Self::Success, Self::Failed, Self::Cancelled, Self::Unknown, Self::Slow];

    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoke => "invoke",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
            Self::Slow => "slow",
        }
    }

    /// Whether an operation is over once this was recorded.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Invoke | Self::Slow)
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
    /// By default, the course of things: `invoke`, `success`, `unknown`, and what was told in full elsewhere.
    Debug,
    /// By default, a cancellation.
    Info,
    /// By default, what takes longer than it should.
    Warn,
    /// By default, a failure.
    Error,
}

impl Level {
    pub(crate) const COUNT: usize = 5;

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

/// The level of each outcome's records.
///
/// ```
/// use tracing_invocation::{Level, Levels, Outcome};
///
/// let loud = Levels { cancelled: Level::Warn, ..Levels::DEFAULT };
/// assert_eq!(loud.of(Outcome::Cancelled), Level::Warn);
/// assert_eq!(loud.of(Outcome::Failed), Level::Error);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Of `invoke`.
    pub invoke: Level,
    /// Of `success`.
    pub success: Level,
    /// Of `failed`.
    pub failed: Level,
    /// Of `failed` and `cancelled`, where an inner operation has told it in full or nobody is to.
    pub suppressed: Level,
    /// Of `cancelled`.
    pub cancelled: Level,
    /// Of `unknown`.
    pub unknown: Level,
    /// Of `slow`.
    pub slow: Level,
}

impl Levels {
    /// `failed` at `ERROR`, `slow` at `WARN`, `cancelled` at `INFO`, everything else at `DEBUG`.
    pub const DEFAULT: Self = Self {
        invoke: Level::Debug,
        success: Level::Debug,
        failed: Level::Error,
        suppressed: Level::Debug,
        cancelled: Level::Info,
        unknown: Level::Debug,
        slow: Level::Warn,
    };

    /// The level of an outcome told in full.
    #[must_use]
    pub const fn of(&self, outcome: Outcome) -> Level {
        match outcome {
            Outcome::Invoke => self.invoke,
            Outcome::Success => self.success,
            Outcome::Failed => self.failed,
            Outcome::Cancelled => self.cancelled,
            Outcome::Unknown => self.unknown,
            Outcome::Slow => self.slow,
        }
    }
}

impl Default for Levels {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The levels that an operation gives to some of its outcomes; the layer's for the others.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnLevels {
    pub invoke: Option<Level>,
    pub success: Option<Level>,
    pub failed: Option<Level>,
    pub suppressed: Option<Level>,
    pub cancelled: Option<Level>,
    pub slow: Option<Level>,
}

impl OwnLevels {
    pub const NONE: Self = Self {
        invoke: None,
        success: None,
        failed: None,
        suppressed: None,
        cancelled: None,
        slow: None,
    };

    /// These levels, and those of `layer` where there is none.
    pub(crate) fn over(&self, layer: &Levels) -> Levels {
        Levels {
            invoke: self.invoke.unwrap_or(layer.invoke),
            success: self.success.unwrap_or(layer.success),
            failed: self.failed.unwrap_or(layer.failed),
            suppressed: self.suppressed.unwrap_or(layer.suppressed),
            cancelled: self.cancelled.unwrap_or(layer.cancelled),
            unknown: layer.unknown,
            slow: self.slow.unwrap_or(layer.slow),
        }
    }
}
