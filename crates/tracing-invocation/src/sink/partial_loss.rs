//! A batch of which a part was lost.

use std::fmt;
use std::io;

/// Says that of a batch only some records were lost: the error of [`Sink::write_batch`](super::Sink::write_batch)
/// whose others were taken.
///
/// ```
/// use std::io;
/// use tracing_invocation::sink::PartialLoss;
///
/// let error = io::Error::from(PartialLoss::new(2, "the collector rejected them"));
/// assert_eq!(error.to_string(), "the collector rejected them");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialLoss {
    lost: usize,
    reason: String,
}

impl PartialLoss {
    /// So many records of the batch were lost, for this reason.
    pub fn new(lost: usize, reason: impl Into<String>) -> Self {
        Self { lost, reason: reason.into() }
    }

    /// How many of `records` an error says to be lost.
    pub(super) fn of(error: &io::Error, records: usize) -> usize {
        let partial = error.get_ref().and_then(|error| error.downcast_ref::<Self>());
        partial.map_or(records, |partial| partial.lost.min(records))
    }
}

impl fmt::Display for PartialLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for PartialLoss {}

impl From<PartialLoss> for io::Error {
    fn from(loss: PartialLoss) -> Self {
        Self::other(loss)
    }
}
