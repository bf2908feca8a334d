//! JSON lines through any `MakeWriter`.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_subscriber::fmt::MakeWriter;

use super::{Sink, metadata, report};
use crate::payload::text::quietly;
use crate::record::Level;

/// Writes each record with one `write_all`.
///
/// A record that cannot be written is lost, and that is said on stderr: once, until a write succeeds again, and
/// then how many there were. A part of the lost one may be there, without its newline, so the next record begins
/// with one: better an empty line than a second record that cannot be read.
pub(crate) struct WriterSink<W> {
    make_writer: W,
    lost: AtomicU64,
}

impl<W> WriterSink<W> {
    pub(crate) fn new(make_writer: W) -> Self {
        Self { make_writer, lost: AtomicU64::new(0) }
    }
}

impl<W> Sink for WriterSink<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync,
{
    fn write(&self, level: Level, line: &[u8]) {
        let bytes = if self.lost.load(Ordering::Relaxed) > 0 {
            Cow::Owned([b"\n", line].concat())
        } else {
            Cow::Borrowed(line)
        };
        let written = quietly(|| {
            let metadata = metadata::of_records_at(level);
            let mut writer = self.make_writer.make_writer_for(metadata);
            // The error is code of the program too, and must not leave the fence.
            writer.write_all(&bytes).map_err(|error| error.to_string())
        });
        match written {
            Some(Ok(())) => self.recovered(),
            Some(Err(error)) => self.failed(&error),
            None => self.failed("the writer panicked"),
        }
    }
}

impl<W> WriterSink<W> {
    fn failed(&self, error: &str) {
        if self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            report(format_args!("records are being lost: {error}"));
        }
    }

    fn recovered(&self) {
        // Looked at before it is changed, so that threads do not take the line from one another.
        if self.lost.load(Ordering::Relaxed) > 0 {
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                report(format_args!("records are written again, {lost} were lost"));
            }
        }
    }
}
