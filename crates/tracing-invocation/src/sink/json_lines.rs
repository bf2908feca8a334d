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
///
/// Who calls it sees to it that nobody else does meanwhile.
#[inline]
pub(super) fn write_whole(
    writer: &mut impl Write,
    line: &[u8],
    is_torn: &AtomicBool,
) -> io::Result<()> {
    if is_torn.load(Ordering::Relaxed) {
        return write_after_newline(writer, line, is_torn);
    }
    if line.is_empty() {
        return Ok(());
    }
    let mut tear = Tear { is_torn, is_part: false };
    match tear.write(writer, line) {
        Ok(taken) if taken >= line.len() => Ok(()),
        answer => write_rest(writer, line, answer, tear),
    }
}

#[cold]
fn write_after_newline(
    writer: &mut impl Write,
    line: &[u8],
    is_torn: &AtomicBool,
) -> io::Result<()> {
    is_torn.store(false, Ordering::Relaxed);
    let line = [b"\n", line].concat();
    let mut tear = Tear { is_torn, is_part: true };
    let answer = tear.write(writer, &line);
    write_rest(writer, &line, answer, tear)
}

/// Goes on where the writer answered so when it was given all that was left.
#[cold]
fn write_rest(
    writer: &mut impl Write,
    mut rest: &[u8],
    mut answer: io::Result<usize>,
    mut tear: Tear<'_>,
) -> io::Result<()> {
    loop {
        match answer {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => {
                rest = rest.get(taken..).unwrap_or_default();
                tear.is_part = !rest.is_empty();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if rest.is_empty() {
            return Ok(());
        }
        answer = tear.write(writer, rest);
    }
}

/// Notes that a part of a line stands alone, even where the writer panics.
struct Tear<'a> {
    is_torn: &'a AtomicBool,
    is_part: bool,
}

impl Tear<'_> {
    /// How much the writer takes. Where it panics, that may be a part.
    #[inline]
    fn write(&mut self, writer: &mut impl Write, rest: &[u8]) -> io::Result<usize> {
        let was_part = std::mem::replace(&mut self.is_part, true);
        let answer = writer.write(rest);
        self.is_part = was_part;
        answer
    }
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
