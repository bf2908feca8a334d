//! Writes whole lines through a writer, whatever it does with a part of one.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a writer may take nothing before it is given up.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long a thread sleeps before it tries again: this at first, then twice as long each time.
const PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// Lines on their way through one writer, from many threads, one at a time.
///
/// A writer that answers `WouldBlock` has lost nothing: somebody who shares the stream, as a child process that inherited
/// it, set it to `O_NONBLOCK`. The thread that writes waits as it would on a stream that blocks. What a writer writes to
/// is not known here, so it cannot be polled, and the thread sleeps between its tries.
#[derive(Debug, Default)]
pub(super) struct WholeLines {
    is_torn: AtomicBool,
    /// Whether the writer took nothing until the deadline. Nobody waits for it then, until it takes something again.
    is_stalled: AtomicBool,
    /// Gives threads their turn: a writer may take a part of a line, and then wants the rest. Holds the rest of a line of
    /// which the writer had taken a part when it was given up: it comes before the next line.
    rest: Mutex<Vec<u8>>,
}

impl WholeLines {
    /// Writes all of `line`. Where the writer took a part of it and then nothing until the deadline, the rest is kept for
    /// the next call, and the line counts as written.
    ///
    /// # Errors
    ///
    /// Where the writer fails, or takes nothing until the deadline.
    #[inline]
    pub(super) fn write(&self, writer: &mut impl Write, line: &[u8]) -> io::Result<()> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if !rest.is_empty() {
            self.finish(writer, &mut rest)?;
        }
        match write_line(writer, line, &self.is_torn, Some(&self.is_stalled)) {
            Ok(()) => {
                if self.is_stalled.load(Ordering::Relaxed) {
                    self.is_stalled.store(false, Ordering::Relaxed);
                }
                Ok(())
            }
            Err(Unwritten { error, left }) if left.is_empty() => Err(error),
            Err(Unwritten { left, .. }) => {
                *rest = left;
                Ok(())
            }
        }
    }

    /// Has the writer hand on what it holds.
    ///
    /// # Errors
    ///
    /// Where it cannot, or not until the deadline.
    pub(super) fn flush(&self, writer: &mut impl Write) -> io::Result<()> {
        // Whoever has the turn finishes what is left of a line. It may be this thread, whose writer flushes.
        if let Ok(mut rest) = self.rest.try_lock()
            && !rest.is_empty()
        {
            self.finish(writer, &mut rest)?;
        }
        let mut patience = Patience::of(&self.is_stalled);
        loop {
            match writer.flush() {
                Err(error) if is_wait(&error) && patience.wait() => {}
                flushed => return flushed,
            }
        }
    }

    /// Writes what is left of a line, which is not empty.
    #[cold]
    fn finish(&self, writer: &mut impl Write, rest: &mut Vec<u8>) -> io::Result<()> {
        let line = std::mem::take(rest);
        let mut tear = Tear { is_torn: &self.is_torn, is_part: true };
        let answer = tear.write(writer, &line);
        write_rest(writer, &line, answer, tear, Some(&self.is_stalled)).map_err(|unwritten| {
            *rest = unwritten.left;
            unwritten.error
        })
    }
}

/// Waits for a writer that takes nothing for now.
struct Patience<'a> {
    is_stalled: &'a AtomicBool,
    since: Option<Instant>,
    pause: Duration,
}

impl<'a> Patience<'a> {
    fn of(is_stalled: &'a AtomicBool) -> Self {
        Self { is_stalled, since: None, pause: PAUSE }
    }

    /// Sleeps a little. Returns `false` if the writer is given up.
    fn wait(&mut self) -> bool {
        if self.is_stalled.load(Ordering::Relaxed) {
            return false;
        }
        if self.since.get_or_insert_with(Instant::now).elapsed() >= DEADLINE {
            self.is_stalled.store(true, Ordering::Relaxed);
            return false;
        }
        thread::sleep(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }

    /// The writer took something: it has all of the time once more.
    fn begin_anew(&mut self) {
        self.is_stalled.store(false, Ordering::Relaxed);
        *self = Self::of(self.is_stalled);
    }
}

/// Why a line was not written. What is `left` of it is not empty if the writer took a part, and may take the rest later.
struct Unwritten {
    error: io::Error,
    left: Vec<u8>,
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self { error, left: Vec::new() }
    }
}

fn is_wait(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
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
    write_line(writer, line, is_torn, None).map_err(|unwritten| unwritten.error)
}

/// [`write_whole`], which waits for a writer that would block unless `is_stalled` is missing.
#[inline]
fn write_line(
    writer: &mut impl Write,
    line: &[u8],
    is_torn: &AtomicBool,
    is_stalled: Option<&AtomicBool>,
) -> Result<(), Unwritten> {
    if is_torn.load(Ordering::Relaxed) {
        return write_after_newline(writer, line, is_torn, is_stalled);
    }
    if line.is_empty() {
        return Ok(());
    }
    let mut tear = Tear { is_torn, is_part: false };
    match tear.write(writer, line) {
        Ok(taken) if taken >= line.len() => Ok(()),
        answer => write_rest(writer, line, answer, tear, is_stalled),
    }
}

#[cold]
fn write_after_newline(
    writer: &mut impl Write,
    line: &[u8],
    is_torn: &AtomicBool,
    is_stalled: Option<&AtomicBool>,
) -> Result<(), Unwritten> {
    let line = [b"\n", line].concat();
    // Nothing of this line stands there yet, but the part of the other one still does.
    let mut tear = Tear { is_torn, is_part: true };
    is_torn.store(false, Ordering::Relaxed);
    let answer = tear.write(writer, &line);
    write_rest(writer, &line, answer, tear, is_stalled)
}

/// Goes on where the writer answered so when it was given all that was left.
#[cold]
fn write_rest(
    writer: &mut impl Write,
    mut rest: &[u8],
    mut answer: io::Result<usize>,
    mut tear: Tear<'_>,
    is_stalled: Option<&AtomicBool>,
) -> Result<(), Unwritten> {
    let mut patience = is_stalled.map(Patience::of);
    loop {
        match answer {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
            Ok(taken) => {
                rest = rest.get(taken..).unwrap_or_default();
                tear.is_part = !rest.is_empty();
                if let Some(patience) = &mut patience {
                    patience.begin_anew();
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_wait(&error) && patience.is_some() => {
                if !patience.as_mut().is_some_and(Patience::wait) {
                    let is_part = std::mem::take(&mut tear.is_part);
                    let left = if is_part { rest.to_vec() } else { Vec::new() };
                    return Err(Unwritten { error, left });
                }
            }
            Err(error) => return Err(error.into()),
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
