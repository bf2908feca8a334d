//! Records handed to a function.

use std::fmt;
use std::io;

use super::{Line, Sink};

/// Hands each record to a function of the program's own.
///
/// ```
/// use tracing_invocation::{Outcome, sink::Callback};
///
/// let failures = Callback::new(|line| {
///     if line.outcome() == Outcome::Failed {
///         let record = line.record()?;
///         eprintln!("{} failed", record.event_name);
///     }
///     Ok(())
/// });
/// # drop(tracing_invocation::layer().with_sink(failures));
/// ```
pub struct Callback<F>(F);

impl<F> Callback<F>
where
    F: Fn(&Line<'_>) -> io::Result<()> + Send + Sync,
{
    /// A sink that calls `function`. Where it answers with an error, the record counts as lost.
    pub fn new(function: F) -> Self {
        Self(function)
    }
}

impl<F> Sink for Callback<F>
where
    F: Fn(&Line<'_>) -> io::Result<()> + Send + Sync,
{
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        (self.0)(line)
    }

    fn name(&self) -> String {
        "callback".to_owned()
    }
}

impl<F> fmt::Debug for Callback<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}
