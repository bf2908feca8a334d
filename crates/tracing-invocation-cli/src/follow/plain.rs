//! Prints a line for each notable record, if stdout is not a terminal.

use std::io::{self, Write};

use super::board::Board;
use super::feed::Feed;
use super::stop::Stop;
use super::{POLL, take};

/// Which records are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Notable,
    EveryEnd,
}

/// Prints notable records as they arrive, until all sources have ended, a signal arrives, or everything is read and
/// `exits_at_end` is set.
///
/// # Errors
///
/// Returns an error if `out` cannot be written.
pub(super) fn run(
    feed: &mut Feed,
    board: &mut Board,
    stop: &Stop,
    exits_at_end: bool,
    which: Which,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut reported: Vec<String> = Vec::new();
    loop {
        let mut written = Ok(());
        let _ = feed.next(POLL, &mut |event| {
            take(board, event, |board, (record, note)| {
                let is_wanted = which == Which::EveryEnd && record.event_outcome.is_terminal();
                let note = note.or_else(|| is_wanted.then(|| board.note_of(record)));
                // After an error, nothing more is written; the loop returns the first error below.
                if let (Some(note), Ok(())) = (note, &written) {
                    written = note.line(true).write(out, None).and_then(|()| out.flush());
                }
            });
        });
        written?;
        // Each error of a source is printed once, and again only if it went away in between.
        let troubles: Vec<_> =
            feed.troubles().map(|(name, trouble)| format!("{name} {trouble}")).collect();
        for trouble in troubles.iter().filter(|trouble| !reported.contains(trouble)) {
            super::print_message(&format!("invocations: {trouble}"));
        }
        reported = troubles;
        if stop.is_requested() || feed.is_over() || (exits_at_end && feed.is_at_end()) {
            return Ok(());
        }
    }
}
