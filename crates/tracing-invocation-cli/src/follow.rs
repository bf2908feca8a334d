//! `invocations follow`: a log while it is written.

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
use self::lines::Said;
use self::plain::Which;
use self::stop::Stop;
use self::tail::Origin;
use self::view::{counted, grouped};
use crate::args::Files;
use crate::exit;
use crate::input::Source;
use crate::line::{self, Kind, Why};

/// How long is waited before files are looked at again.
const POLL: Duration = Duration::from_millis(100);

/// Follow logs while they are written: what is in flight, how often, what failed
///
/// In a terminal: a view, until `q` or Ctrl-C; `c` clears it, also of what a program left open that is no more, and Ctrl-L
/// draws it anew. Otherwise: a line for each operation that failed, was cancelled or is slow.
///
/// Files are followed by their names, from their ends, also where they are renamed, truncated or not there yet; stdin and
/// pipes are read to their end, after which the view stays. What is packed cannot be followed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  $ invocations follow app.jsonl
  $ invocations follow app.jsonl --from-start --exit-at-end --all")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Read what is in the files already, too
    #[arg(long)]
    from_start: bool,
    /// End when all is read that is there; with 2 where a source could not be read
    #[arg(long)]
    exit_at_end: bool,
    /// Where no terminal shows it: a line for every operation that ends
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let (sources, repeated) = Source::distinct(Source::of(&arguments.files.files));
    for repeated in repeated {
        say(&format!("invocations: {repeated}"));
    }
    if sources.contains(&Source::Stdin) && io::stdin().is_terminal() {
        return Err(io::Error::other(
            "a terminal is no log: name the files to follow, or pipe a log in",
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
        let which = if arguments.all { Which::EveryEnd } else { Which::OfNote };
        plain::run(&mut feed, &mut board, &stop, arguments.exit_at_end, which, out)?;
    }
    say(&summary(&board, began.elapsed()));
    if let Some(passed_over) = view::passed_over(&board) {
        say(&format!("invocations: {passed_over}"));
    }
    // What is only not there yet, or cannot be read for now, is trouble once nobody waits for it any more.
    let is_missed = arguments.exit_at_end && feed.troubles().next().is_some();
    Ok(if is_missed { exit::TROUBLE } else { exit::ANSWERED })
}

/// Whether stdout can show more than one line after the other.
fn has_screen() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// Takes what a source said, and hands each record on with what of it is of note.
fn take(
    board: &mut Board,
    said: Said<'_>,
    mut each: impl FnMut(&mut Board, (&Record, Option<Note>)),
) {
    let now = SystemTime::now();
    let kind = match said {
        Said::TooLong => Kind::PassedOver(Why::TooLong, 0),
        Said::Line(line) => line::read(line, &mut |record: Record| {
            let note = board.take(&record, now);
            each(board, (&record, note));
        }),
    };
    board.count(kind);
}

/// What has come, in one line.
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
        summary.push_str(&format!("; {} lost, the log says", counted(board.lost(), "record")));
    }
    summary
}

/// Says something on stderr, as far as anybody listens.
fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", harmless(text));
}
