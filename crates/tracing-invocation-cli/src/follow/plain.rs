//! One line for each record of note, where no terminal shows them.

use std::io::{self, Write};

use super::board::Board;
use super::feed::Feed;
use super::stop::Stop;
use super::{POLL, take};

/// Which records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    OfNote,
    EveryEnd,
}

/// Writes what is of note as it comes, until nothing can come any more or somebody says that it is enough.
///
/// # Errors
///
/// Where `out` cannot be written to.
pub(super) fn run(
    feed: &mut Feed,
    board: &mut Board,
    stop: &Stop,
    exits_at_end: bool,
    which: Which,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut told: Vec<String> = Vec::new();
    loop {
        let mut written = Ok(());
        let _ = feed.next(POLL, &mut |said| {
            take(board, said, |board, (record, note)| {
                let is_wanted = which == Which::EveryEnd && record.event_outcome.is_terminal();
                let note = note.or_else(|| is_wanted.then(|| board.note_of(record)));
                if let (Some(note), Ok(())) = (note, &written) {
                    written = note.line(true).write(out, None).and_then(|()| out.flush());
                }
            });
        });
        written?;
        // What is wrong with a source is said once, until it is something else.
        let troubles: Vec<_> =
            feed.troubles().map(|(name, trouble)| format!("{name} {trouble}")).collect();
        for trouble in troubles.iter().filter(|trouble| !told.contains(trouble)) {
            super::say(&format!("invocations: {trouble}"));
        }
        told = troubles;
        if stop.is_asked() || feed.is_over() || (exits_at_end && feed.is_at_end()) {
            return Ok(());
        }
    }
}
