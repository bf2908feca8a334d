//! A sink, and what is done about its failures.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use super::counters::{Counts, Reason};
use super::losses::{Losses, Story, Telling};
use super::{Incident, Line, OnFailure, PartialLoss, Sink};
use crate::convention::mark;
use crate::format::{Fitted, Format};
use crate::payload::Rules;
use crate::payload::shrink::write_native;
use crate::payload::text::{cut_at, quietly};
use crate::record::{Level, Outcome};

/// A sink, the format of what it is given, and the account of what became of it.
pub(super) struct Destination {
    pub(super) name: String,
    pub(super) sink: Box<dyn Sink>,
    pub(super) format: Option<Fitted>,
    pub(super) on_failure: OnFailure,
    pub(super) counts: Counts,
    losses: Losses,
}

impl Destination {
    pub(super) fn new(name: String, sink: Box<dyn Sink>) -> Self {
        Self {
            name,
            sink,
            format: None,
            on_failure: OnFailure::default(),
            counts: Counts::default(),
            losses: Losses::default(),
        }
    }

    /// Writes a record, and before it what was lost. Returns `true` if the sink took the record.
    #[inline]
    pub(super) fn write_one(&self, line: &Line<'_>) -> bool {
        let lines = std::slice::from_ref(line);
        if self.format.is_some() || self.has_losses() {
            return self.write(lines);
        }
        match quietly(|| self.sink.write(line)) {
            Some(Ok(())) => {
                self.counts.wrote(1, line.bytes().len());
                true
            }
            answer => self.account(1, taken(lines, answer)),
        }
    }

    /// Writes records that the sink takes at once, and before them what was lost. Returns `true` if it took all of them.
    #[inline(never)]
    pub(super) fn write(&self, lines: &[Line<'_>]) -> bool {
        self.tell_losses(Telling::Due);
        self.account(lines.len(), self.attempt(lines))
    }

    /// Tells of losses, and hands on what the sink holds.
    pub(super) fn flush(&self) -> Result<(), String> {
        self.tell_losses(Telling::Now);
        let flushed = quietly(|| self.sink.flush().map_err(text_of));
        let flushed = flushed.unwrap_or_else(|| Err("the sink panicked".to_owned()));
        flushed.inspect_err(|_| self.counts.failed())
    }

    /// Counts a record that was lost before it came to the sink.
    pub(super) fn lost(self: &Arc<Self>, reason: Reason) {
        self.counts.lost(reason, 1);
        let tell_apart = || {
            let destination = Arc::clone(self);
            let teller = thread::Builder::new().name("log losses".to_owned());
            teller.spawn(move || destination.tell_of_losing(reason.text())).ok()
        };
        if reason == Reason::QueueFull && !self.on_failure.is_ignore() {
            // An operation that does not wait for the sink does not wait for stderr either.
            self.losses.note((reason, 1), reason.text(), tell_apart);
        } else if self.losses.note((reason, 1), reason.text(), || None) {
            self.tell_of_losing(reason.text());
        }
    }

    /// Whether there are losses that the log does not tell of yet.
    #[inline]
    pub(super) fn has_losses(&self) -> bool {
        self.losses.has_any()
    }

    /// How many records are missing that the log does not tell of, and when the first and the last of them were lost.
    pub(super) fn untold(&self) -> Option<(u64, SystemTime, SystemTime)> {
        self.losses.untold()
    }

    /// Says in the log what is missing from it.
    pub(super) fn tell_losses(&self, telling: Telling) {
        let Some(story) = self.losses.take(telling) else {
            return;
        };
        let mut line = Vec::new();
        write_native(&story.record(&self.name), &mut line);
        match self.attempt(&[Line::native(Level::Error, Outcome::Failed, &line)]) {
            Ok(_) => self.recovered(&story),
            Err(_) => {
                self.counts.failed();
                self.losses.put_back(story);
            }
        }
    }

    fn recovered(&self, story: &Story) {
        self.counts.wrote_of_losses();
        self.losses.wait_for_teller();
        self.on_failure.tell(&Incident::Recovered {
            output: &self.name,
            lost: story.lost(),
            since: story.since,
            until: story.until,
        });
        if let Some(error) = self.losses.end() {
            self.tell_of_losing(&error);
        }
    }

    /// Keeps the account of so many records. Returns `true` if none was lost.
    #[inline(never)]
    fn account(&self, records: usize, attempted: Result<usize, Failure>) -> bool {
        match attempted {
            Ok(bytes) => {
                self.counts.wrote(records, bytes);
                true
            }
            Err(Failure { lost, bytes, error }) => {
                self.counts.wrote(records - lost, bytes);
                self.failed(lost as u64, &error);
                false
            }
        }
    }

    fn failed(&self, records: u64, error: &str) {
        self.counts.failed();
        self.counts.lost(Reason::WriteFailed, records);
        if self.losses.note((Reason::WriteFailed, records), error, || None) {
            self.tell_of_losing(error);
        }
    }

    fn tell_of_losing(&self, error: &str) {
        self.on_failure.tell(&Incident::Losing { output: &self.name, error });
    }

    /// Gives lines to the sink, in its format. How many bytes they were.
    fn attempt(&self, lines: &[Line<'_>]) -> Result<usize, Failure> {
        let Some(format) = &self.format else {
            return self.give(lines);
        };
        let texts = quietly(|| lines.iter().map(|line| text_in(format, line)).collect::<Vec<_>>());
        let texts = texts.ok_or_else(|| Failure::of_all(lines, "the format panicked"))?;
        let formatted: Vec<_> =
            lines.iter().zip(&texts).map(|(line, text)| line.formatted(text)).collect();
        self.give(&formatted)
    }

    fn give(&self, lines: &[Line<'_>]) -> Result<usize, Failure> {
        let answer = quietly(|| match lines {
            [line] => self.sink.write(line),
            lines => self.sink.write_batch(lines),
        });
        taken(lines, answer)
    }
}

/// What became of lines by the answer of a sink; none where it panicked. How many bytes they were.
#[inline(never)]
fn taken(lines: &[Line<'_>], answer: Option<io::Result<()>>) -> Result<usize, Failure> {
    let failure = match answer {
        Some(Ok(())) => return Ok(bytes_of(lines)),
        // What the error says, and what drops it, may be the program's own.
        Some(Err(error)) => quietly(move || Failure::of(lines, &error)),
        None => None,
    };
    match failure {
        Some(failure) if failure.lost == 0 => Ok(bytes_of(lines)),
        Some(failure) => Err(failure),
        None => Err(Failure::of_all(lines, "the sink panicked")),
    }
}

/// Why records were lost, how many, and how many bytes were written of the others.
struct Failure {
    lost: usize,
    bytes: usize,
    error: String,
}

impl Failure {
    fn of_all(lines: &[Line<'_>], error: &str) -> Self {
        Self { lost: lines.len(), bytes: 0, error: error.to_owned() }
    }

    fn of(lines: &[Line<'_>], error: &io::Error) -> Self {
        let lost = PartialLoss::of(error, lines.len());
        // Which of them were taken is not known.
        let bytes = bytes_of(lines) * (lines.len() - lost) / lines.len().max(1);
        Self { lost, bytes, error: told_of(&error.to_string()) }
    }
}

fn bytes_of(lines: &[Line<'_>]) -> usize {
    lines.iter().map(|line| line.bytes().len()).sum()
}

/// Why not everything could be handed on.
#[derive(Clone, Debug)]
pub(super) enum FlushFailure {
    TimedOut { queued: u64, trouble: Option<String> },
    Failed(String),
}

/// A record as `format` writes it.
fn text_in(format: &dyn Format, line: &Line<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(2 * line.bytes().len());
    match line.record() {
        Ok(record) => format.format(&record, &mut text),
        // Better in another format than not at all.
        Err(_) => text.extend_from_slice(line.bytes()),
    }
    text
}

fn text_of(error: io::Error) -> String {
    told_of(&error.to_string())
}

/// What is told of an error: without the secrets of a URL, and no longer than the message of any other error.
fn told_of(error: &str) -> String {
    let Rules { limits, redaction } = Rules::standard();
    let mut told = redaction.redact_text(error).into_owned();
    if let Some(end) = cut_at(&told, limits.message) {
        told.truncate(end);
        told.push_str(mark::CUT);
    }
    told
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("name", &self.name)
            .field("on_failure", &self.on_failure)
            .finish_non_exhaustive()
    }
}
