//! Lines through any `MakeWriter`.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

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
pub struct JsonLines<W> {
    make_writer: W,
    is_torn: AtomicBool,
    /// One record at a time: a writer may take a part of one, and then wants the rest.
    turn: Mutex<()>,
}

impl<W> JsonLines<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync,
{
    /// A sink that writes through `make_writer`.
    pub fn new(make_writer: W) -> Self {
        Self { make_writer, is_torn: AtomicBool::new(false), turn: Mutex::new(()) }
    }
}

impl<W> Sink for JsonLines<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync,
{
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let mut writer = self.make_writer.make_writer_for(metadata::of_records_at(line.level()));
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        write_whole(&mut writer, line.bytes(), &self.is_torn)
    }

    fn name(&self) -> String {
        "writer".to_owned()
    }

    fn flush(&self) -> io::Result<()> {
        self.make_writer.make_writer().flush()
    }
}

/// Writes all of `line`, with one call where the writer takes it. A newline comes first where `is_torn` says that a
/// part of an earlier line stands there without its end; whether a part of this one does is said there too.
pub(super) fn write_whole(
    writer: &mut impl Write,
    line: &[u8],
    is_torn: &AtomicBool,
) -> io::Result<()> {
    let owes_newline = is_torn.load(Ordering::Relaxed) && is_torn.swap(false, Ordering::Relaxed);
    let mended: Vec<u8>;
    let mut rest = line;
    if owes_newline {
        mended = [b"\n", line].concat();
        rest = &mended;
    }
    let mut tear = Tear { is_torn, is_part: owes_newline };
    while !rest.is_empty() {
        let was_part = std::mem::replace(&mut tear.is_part, true);
        match writer.write(rest) {
            Ok(0) => {
                tear.is_part = was_part;
                return Err(io::ErrorKind::WriteZero.into());
            }
            Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => tear.is_part = was_part,
            Err(error) => {
                tear.is_part = was_part;
                return Err(error);
            }
        }
    }
    tear.is_part = false;
    Ok(())
}

/// Notes that a part of a line stands alone, even where the writer panics.
struct Tear<'a> {
    is_torn: &'a AtomicBool,
    is_part: bool,
}

impl Drop for Tear<'_> {
    fn drop(&mut self) {
        if self.is_part {
            self.is_torn.store(true, Ordering::Relaxed);
        }
    }
}

impl<W> fmt::Debug for JsonLines<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").finish_non_exhaustive()
    }
}
