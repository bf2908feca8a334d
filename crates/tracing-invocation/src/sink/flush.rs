//! Why an output could not be flushed.

use std::fmt;

use super::destination::FlushFailure;

/// Why not everything could be flushed.
#[derive(Clone, Debug)]
pub struct FlushError(pub(super) Vec<(String, FlushFailure)>);

impl FlushError {
    /// The names of the outputs that were not flushed.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, failure)) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}{name}: {failure}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FlushError {}

impl fmt::Display for FlushFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { queued, trouble } => {
                match queued {
                    0 => f.write_str("the time was over before all was flushed")?,
                    queued => write!(f, "the time was over with {queued} records in the queue")?,
                }
                trouble.as_ref().map_or(Ok(()), |trouble| write!(f, ": {trouble}"))
            }
            Self::Failed(error) => f.write_str(error),
        }
    }
}
