//! `invocations tree`: prints the calls of each trace as a tree.

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
use crate::stats::describe_lost;

/// Show calls as trees: how operations are nested, and how each ended
///
/// A trace is one tree, or several if parts of it are missing from the log. Repetition is folded: an error or a cancellation
/// that passed through several nested operations takes one line, and so do siblings with the same name and outcome.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  $ invocations tree app.jsonl
  $ invocations tree app.jsonl --outcome failed --outcome cancelled
  $ invocations tree app.jsonl --name charge --limit 3
  Show traces with failures from the last ten minutes of the log:
  $ invocations tree app.jsonl --since 10m --outcome failed
  $ invocations tree app.jsonl --trace 0af7 --unfold")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Show every operation on a line of its own
    #[arg(long)]
    unfold: bool,
    /// Show only the earliest N traces; 0 shows all
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

/// Reports on stderr what the trees leave out.
fn note(forest: &Forest, shown: usize, more: usize, too_deep: usize, lost: u64) {
    if shown == 0 && !forest.traces.is_empty() {
        anstream::eprintln!(
            "invocations: none of {} matches the filters",
            counted(forest.traces.len(), "trace")
        );
    }
    if more > 0 {
        anstream::eprintln!("invocations: {} more: `--limit 0` shows all", counted(more, "trace"));
    }
    if too_deep > 0 {
        anstream::eprintln!(
            "invocations: {} nested more than {} levels deep: these are not indented further, and `+N` shows how much deeper they are",
            if too_deep == 1 { "1 line is".to_owned() } else { format!("{too_deep} lines are") },
            branches::DEPTH,
        );
    }
    if lost > 0 {
        anstream::eprintln!("invocations: {}", describe_lost(lost));
    }
}

/// Formats a number with its noun.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Returns the width of the terminal; `None` if stdout is not one.
fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (columns, _) = ratatui::crossterm::terminal::size().ok()?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}
