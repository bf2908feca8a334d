//! `invocations follow`: watches logs while they are written.
//!
//! One loop owns all state. `feed` brings it lines and keys from polled files and from reader threads; `board` aggregates
//! them in bounded memory; `live` or `plain` displays the board.

mod board;
mod feed;
mod lines;
mod live;
mod plain;
mod screen;
mod stop;
mod tail;
mod view;

use std::io::{self, IsTerminal as _, Write};
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use tracing_invocation::Record;
use tracing_invocation::format::harmless;

use self::board::{Board, Note};
use self::feed::Feed;
use self::lines::LineEvent;
use self::plain::Which;
use self::stop::Stop;
use self::tail::Origin;
use self::view::{counted, grouped};
use crate::args::Files;
use crate::exit;
use crate::input::Source;
use crate::line::{self, Kind, Why};

/// How long to wait before polling files again.
const POLL: Duration = Duration::from_millis(100);

/// Watch logs while they are written: calls in flight, rates, the latest failures
///
/// In a terminal, shows a live view until `q` or Ctrl-C. `c` clears all counts, and the operations in flight, which may be
/// leftovers of a program that was killed; Ctrl-L redraws the screen. Without a terminal, prints a line for each operation
/// that failed, was cancelled or is slow.
///
/// Files are followed by name, from their current end, through renames and truncation, and even if they do not exist yet.
/// Stdin and pipes are read to their end, after which the view stays open. Compressed files cannot be followed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  $ invocations follow app.jsonl
  $ invocations follow app.jsonl --from-start --exit-at-end --all")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Read files from their beginning
    #[arg(long)]
    from_start: bool,
    /// Exit when everything available is read; with code 2 if a source could not be read
    #[arg(long)]
    exit_at_end: bool,
    /// Without a terminal, print a line for every operation that ends
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let (sources, repeated) = Source::distinct(Source::of(&arguments.files.files));
    for repeated in repeated {
        print_message(&format!("invocations: {repeated}"));
    }
    if sources.contains(&Source::Stdin) && io::stdin().is_terminal() {
        return Err(io::Error::other(
            "stdin is a terminal, not a log: name the files to follow, or pipe a log in",
        ));
    }
    let stop = Stop::on_signals()?;
    let from = if arguments.from_start { Origin::Start } else { Origin::End };
    let is_piped = sources.contains(&Source::Stdin);
    let mut feed = Feed::of(sources, from);
    let (mut board, began) = (Board::new(), Instant::now());
    if has_screen() {
        live::run(&mut feed, &mut board, &stop, arguments.exit_at_end, is_piped)?;
    } else {
        let which = if arguments.all { Which::EveryEnd } else { Which::Notable };
        plain::run(&mut feed, &mut board, &stop, arguments.exit_at_end, which, out)?;
    }
    print_message(&summary(&board, began.elapsed()));
    if let Some(skipped) = view::skipped(&board) {
        print_message(&format!("invocations: {skipped}"));
    }
    // A missing or unreadable file is an error only now that the program no longer waits for it.
    let is_missed = arguments.exit_at_end && feed.troubles().next().is_some();
    Ok(if is_missed { exit::TROUBLE } else { exit::ANSWERED })
}

/// Returns `true` if stdout is a terminal on which the cursor can move.
fn has_screen() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// Parses one event line, adds its records to the board, and passes each record to `each`, with its note if it has one.
fn take(
    board: &mut Board,
    event: LineEvent<'_>,
    mut each: impl FnMut(&mut Board, (&Record, Option<Note>)),
) {
    let now = SystemTime::now();
    let kind = match event {
        LineEvent::TooLong => Kind::Skipped(Why::TooLong, 0),
        LineEvent::Line(line) => line::read(line, &mut |record: Record| {
            let note = board.take(&record, now);
            each(board, (&record, note));
        }),
    };
    board.count(kind);
}

/// Summarizes everything that was read, in one line.
fn summary(board: &Board, since: Duration) -> String {
    let total = board.total();
    let mut summary = format!(
        "invocations: {} in {}: {} failed, {} cancelled, {} success",
        counted(board.records(), "record"),
        view::time(since),
        grouped(total.failed),
        grouped(total.cancelled),
        grouped(total.success),
    );
    for (count, what) in [(total.unknown, "unknown"), (board.open() as u64, "in flight")] {
        if count > 0 {
            summary.push_str(&format!(", {} {what}", grouped(count)));
        }
    }
    if board.lost() > 0 {
        summary
            .push_str(&format!("; {} lost, according to the log", counted(board.lost(), "record")));
    }
    summary
}

/// Prints a message on stderr. Ignores errors: stderr may be closed.
fn print_message(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", harmless(text));
}
