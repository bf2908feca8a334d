//! JSON lines through any `MakeWriter`.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_subscriber::fmt::MakeWriter;

use super::{Sink, metadata, report};
use crate::payload::text::quietly;
use crate::record::Level;

/// Writes each record with one `write_all`.
///
/// A record that cannot be written is lost, and that is said on stderr: once, until a write succeeds again, and
/// then how many there were.
pub(crate) struct WriterSink<W> {
    make_writer: W,
    lost: AtomicU64,
}

impl<W> WriterSink<W> {
    pub(crate) fn new(make_writer: W) -> Self {
        Self {
            make_writer,
            lost: AtomicU64::new(0),
        }
    }
}

impl<W> Sink for WriterSink<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync,
{
    fn write(&self, level: Level, line: &[u8]) {
        let written = quietly(|| {
            let metadata = metadata::of_records_at(level);
            self.make_writer.make_writer_for(metadata).write_all(line)
        });
        match written {
            Some(Ok(())) => self.recovered(),
            Some(Err(error)) => self.failed(format_args!("{error}")),
            None => self.failed(format_args!("the writer panicked")),
        }
    }
}

impl<W> WriterSink<W> {
    fn failed(&self, error: std::fmt::Arguments<'_>) {
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
