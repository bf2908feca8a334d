//! `invocations tree`: calls as trees, by trace.

mod branches;

mod plan;
mod show;
mod wanted;
mod window;

use std::io::{self, IsTerminal as _, Write};
use std::sync::Mutex;
use std::time::SystemTime;

use clap::Args;

use self::show::Show;
use crate::args::Files;
use crate::input::Source;
use crate::log::Log;
use crate::model::{Forest, Gatherer, Gathering};
use crate::stats::lost_in_words;

/// Show calls as trees: what ran inside what, and how each ended
///
/// A trace is a tree, or several where a part of it is not in the log. What would say the same twice is folded: a
/// cancellation or an error that went through several nested operations is one line, and so are siblings of one name that
/// ended alike.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  $ invocations tree app.jsonl
  $ invocations tree app.jsonl --outcome failed --outcome cancelled
  $ invocations tree app.jsonl --name charge --limit 3
  What failed in the last ten minutes of the log:
  $ invocations tree app.jsonl --since 10m --outcome failed
  $ invocations tree app.jsonl --trace 0af7 --unfold")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Show every operation on a line of its own
    #[arg(long)]
    unfold: bool,
    /// Show at most so many traces, the earliest; 0 is all
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    limit: usize,
    #[command(flatten)]
    wanted: wanted::Filters,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let wanted = arguments.wanted.compile()?;
    let gathering = Mutex::new(Gathering::default());
    let (_, log) = Log::read(Source::of(&arguments.files.files), || Gatherer::new(&gathering));
    let gathering = gathering.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (lost, until) = (gathering.lost, gathering.until);
    let forest = Forest::of(gathering);
    let until = until.unwrap_or(SystemTime::UNIX_EPOCH);
    let mut show = Show::new(out, width(), until, arguments.unfold);
    let wanted: Vec<_> = forest.traces.iter().filter(|trace| wanted.takes(trace, until)).collect();
    let limit = if arguments.limit == 0 { usize::MAX } else { arguments.limit };
    wanted.iter().take(limit).try_for_each(|trace| show.trace(trace))?;
    let more = wanted.len().saturating_sub(limit);
    let (shown, too_deep) = (show.traces(), show.too_deep());
    out.flush()?;
    note(&forest, shown, more, too_deep, lost);
    Ok(log.report())
}

/// Says on stderr what stdout does not.
fn note(forest: &Forest, shown: usize, more: usize, too_deep: usize, lost: u64) {
    if shown == 0 && !forest.traces.is_empty() {
        anstream::eprintln!(
            "invocations: none of {} is what was asked for",
            counted(forest.traces.len(), "trace")
        );
    }
    if more > 0 {
        anstream::eprintln!("invocations: {} more: `--limit 0` shows all", counted(more, "trace"));
    }
    if too_deep > 0 {
        anstream::eprintln!(
            "invocations: {} nested more than {} deep: there `+N` says how much deeper, and the indentation stays",
            if too_deep == 1 { "1 line is".to_owned() } else { format!("{too_deep} lines are") },
            branches::DEPTH,
        );
    }
    if lost > 0 {
        anstream::eprintln!("invocations: {}", lost_in_words(lost));
    }
}

/// A number of things.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// How many columns there are, where a terminal shows the lines.
fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (columns, _) = ratatui::crossterm::terminal::size().ok()?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}
