//! Lines through any `MakeWriter`.

use std::fmt;
use std::io;

use tracing_subscriber::fmt::MakeWriter;

use super::whole_lines::WholeLines;
use super::{Line, Sink, metadata};

/// Writes each record with one `write` of one whole line through a [`MakeWriter`]: stdout, a file, a pipe, a test's
/// buffer.
///
/// The metadata that a [`MakeWriter`] is shown carries the record's level, so that
/// [`with_max_level`](tracing_subscriber::fmt::writer::MakeWriterExt::with_max_level) chooses by it.
///
/// Threads take turns, so that a record of which a writer takes a part at a time is not mixed with another.
///
/// Where a writer took a part of a record and then failed, the next record begins with a newline: the part must not
/// swallow it.
///
/// A writer that answers `WouldBlock`, as a pipe does that somebody set to `O_NONBLOCK`, has not failed: the thread that
/// writes waits for it as it would for one that blocks. If the writer takes nothing for five seconds, records are lost,
/// and counted, without more waiting, until it takes one again. What is left of a record that was taken in part comes
/// before the next one.
pub struct JsonLines<W> {
    make_writer: W,
    lines: WholeLines,
}

impl<W> JsonLines<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync,
{
    /// A sink that writes through `make_writer`.
    pub fn new(make_writer: W) -> Self {
        Self { make_writer, lines: WholeLines::default() }
    }
}

impl<W> Sink for JsonLines<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync,
{
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let mut writer = self.make_writer.make_writer_for(metadata::of_records_at(line.level()));
        self.lines.write(&mut writer, line.bytes())
    }

    fn name(&self) -> String {
        "writer".to_owned()
    }

    fn flush(&self) -> io::Result<()> {
        self.lines.flush(&mut self.make_writer.make_writer())
    }
}

impl<W> fmt::Debug for JsonLines<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").finish_non_exhaustive()
    }
}
