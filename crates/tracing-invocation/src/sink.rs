//! Where finished records go.

mod callback;
mod counters;
mod destination;
mod failure;
mod file;
mod flush;
mod json_lines;
mod line;
mod losses;
mod metadata;
mod notice;
mod open_output;
mod output;
mod outputs;
mod partial_loss;
mod pretty;
mod queue;
mod report;
pub(crate) mod turn;
mod whole_lines;

pub use callback::Callback;
pub use counters::{Counters, Dropped, OutputCounters};
pub use failure::{Incident, OnFailure};
pub use file::{File, FileHandle, Period, Rotation};
pub use flush::FlushError;
pub use json_lines::JsonLines;
pub use line::Line;
pub(crate) use notice::notice;
pub use output::Output;
pub(crate) use outputs::Outputs;
pub use partial_loss::PartialLoss;
pub use pretty::Pretty;
pub use queue::{Queue, WhenFull};
pub(crate) use queue::{flush_on_panic, waiting_until};
pub(crate) use report::report;

use std::io;
use std::time::{Duration, Instant};

/// Takes finished records out of the program.
///
/// A sink does one thing: it hands over what it is given, whole, or says why it could not. The [`Output`] around it
/// counts, waits, and tells of what was lost. It is called with nothing locked, by many threads at once unless it
/// stands behind a [`Queue`]. What it does on its own account is not recorded; a panic counts as an error.
///
/// ```
/// use std::io;
/// use tracing_invocation::sink::{Line, Sink};
///
/// struct Syslog(std::os::unix::net::UnixDatagram);
///
/// impl Sink for Syslog {
///     fn write(&self, line: &Line<'_>) -> io::Result<()> {
///         self.0.send(line.bytes().trim_ascii_end()).map(drop)
///     }
/// }
/// ```
pub trait Sink: Send + Sync {
    /// Takes one record.
    ///
    /// # Errors
    ///
    /// Where the record is lost.
    fn write(&self, line: &Line<'_>) -> io::Result<()>;

    /// What it is called where its output has no name of its own, such as the path of a file.
    fn name(&self) -> String {
        "sink".to_owned()
    }

    /// Takes all of these records, at most [`max_batch`](Self::max_batch) of them: one by one, unless a sink knows better.
    ///
    /// # Errors
    ///
    /// Where all of them are lost, or as many as a [`PartialLoss`] in the error says.
    fn write_batch(&self, lines: &[Line<'_>]) -> io::Result<()> {
        let errors: Vec<_> = lines.iter().filter_map(|line| self.write(line).err()).collect();
        match errors.last() {
            None => Ok(()),
            Some(error) => Err(PartialLoss::new(errors.len(), error.to_string()).into()),
        }
    }

    /// How many records it takes at once. More than one is for sinks to whom each call is dear, such as one that
    /// sends over a network: behind a queue, they get what is there.
    fn max_batch(&self) -> usize {
        1
    }

    /// How long a queue may wait for a batch to fill. Flushing does not wait.
    fn batch_delay(&self) -> Duration {
        Duration::ZERO
    }

    /// Somebody waits for a flush, until then at the most. What waits of its own accord, as a sink that tries again
    /// later, should go on now. Called by the thread that wants the flush, while another may be writing: it must not
    /// block. Only where the sink stands behind a queue.
    fn hurry(&self, until: Option<Instant>) {
        let _ = until;
    }

    /// What keeps it from writing what it was given, where it tries again: told where a flush has no time left. Asked
    /// while another thread may be writing: it must not block.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Ends work that the end of the process would tear, such as a file that it is compressing in the background: waits
    /// for that, but no longer than `until`. Called after the last flush, when the log is ended by a
    /// [`Guard`](crate::Guard) or by [`Delivery::finish`](crate::Delivery::finish). Records may still come.
    fn wind_up(&self, until: Option<Instant>) {
        let _ = until;
    }

    /// Hands on whatever it still holds.
    ///
    /// # Errors
    ///
    /// Where that is lost.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
