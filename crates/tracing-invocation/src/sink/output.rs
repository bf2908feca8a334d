//! A sink as a layer uses it: for which records, in what format, on whose time.

use std::fmt;

use super::destination::Destination;
use super::open_output::OpenOutput;
use super::{OnFailure, Queue, Sink};
use crate::format::{Fitted, Format};
use crate::payload::Limits;
use crate::record::Level;

/// A sink as a layer uses it: which records it is given, in what format, and on whose time they are written.
///
/// Every sink is an output as it is: every record, in the native wire format, written by the thread that ends the
/// operation.
///
/// ```
/// use tracing_invocation::Level;
/// use tracing_invocation::sink::{JsonLines, Output, Queue};
///
/// let layer = tracing_invocation::layer()
///     .with_sink(Output::new(JsonLines::new(std::io::stdout)).with_queue(Queue::new(10_000)))
///     .and_sink(Output::new(JsonLines::new(std::io::stderr)).with_max_level(Level::Info));
/// # drop(layer);
/// ```
#[must_use = "an output writes nothing until a layer has it"]
pub struct Output {
    destination: Destination,
    format: Option<Box<dyn Format>>,
    format_limit: usize,
    max_level: Level,
    queue: Option<Queue>,
}

impl Output {
    /// An output that gives every record to `sink`.
    pub fn new(sink: impl Sink + 'static) -> Self {
        let destination = Destination::new(sink.name(), Box::new(sink));
        Self {
            destination,
            format: None,
            format_limit: Limits::DEFAULT.record,
            max_level: Level::Trace,
            queue: None,
        }
    }

    /// What it is called where its losses are told. By default, what its sink is called.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.destination.name = name.into();
        self
    }

    /// Gives it only records of `level` and more severe ones. What it lost is told at any level.
    pub fn with_max_level(self, level: impl Into<Level>) -> Self {
        Self { max_level: level.into(), ..self }
    }

    /// Writes records in this format instead of the native one. Sinks that render records by themselves, as
    /// [`Pretty`](super::Pretty) does, take no notice.
    pub fn with_format(self, format: impl Format + 'static) -> Self {
        Self { format: Some(Box::new(format)), ..self }
    }

    /// Bytes of one record as its format writes it, the newline included: 16,000 by default. What has no format of its
    /// own, and so the native one, has the layer's limit: [`Limits::record`].
    ///
    /// A schema has more to say than the native format. Where that is too much, the payload shrinks as it does for
    /// [`Limits::record`], and `payload_truncated` says so. Ids, levels and times always stay, and so does what the
    /// format was told to write itself, so that a limit below some 1,500 may be exceeded.
    ///
    /// [`Limits::record`]: crate::Limits::record
    pub fn with_format_limit(self, bytes: usize) -> Self {
        Self { format_limit: bytes, ..self }
    }

    /// Puts records into a queue, from which a thread of its own writes them.
    pub fn with_queue(self, queue: Queue) -> Self {
        Self { queue: Some(queue), ..self }
    }

    /// What it does when it loses records, besides counting them: by default, it says so on stderr.
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.destination.on_failure = on_failure;
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.destination.name
    }

    pub(super) fn name_mut(&mut self) -> &mut String {
        &mut self.destination.name
    }

    pub(super) fn has_queue(&self) -> bool {
        self.queue.is_some()
    }

    /// Puts it to work.
    pub(super) fn open(self) -> OpenOutput {
        let mut destination = self.destination;
        destination.format = self.format.map(|format| Fitted::new(format, self.format_limit));
        OpenOutput::new(destination, self.max_level, self.queue)
    }
}

impl<S: Sink + 'static> From<S> for Output {
    fn from(sink: S) -> Self {
        Self::new(sink)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("destination", &self.destination)
            .field("max_level", &self.max_level)
            .field("queue", &self.queue)
            .finish()
    }
}
