//! `invocations diff`: what changed between two runs.

mod chance;
mod compare;
mod export;
mod page;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tracing_invocation::format::harmless;

use crate::exit::{ANSWERED, FOUND};
use crate::input::Source;
use crate::log::Log;
use crate::select::{Select, Selected};
use crate::stats::{Summary, lost_in_words};

use compare::Comparison;

/// Show what changed between two runs
///
/// Compares the operations of two logs by name: calls, failures, cancellations, calls that did not end, and durations; error
/// types and causes of cancellation that are new; operations that are new and that are gone. The most important comes first: new
/// errors, then more failures, then more cancellations, then more that did not end, then longer durations.
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The log of the run before, plain or gzip; `-` is stdin
    #[arg(value_name = "BEFORE", value_hint = clap::ValueHint::FilePath)]
    before: PathBuf,
    /// The log of the run after
    #[arg(value_name = "AFTER", value_hint = clap::ValueHint::FilePath)]
    after: PathBuf,
    #[command(flatten)]
    select: Select,
    /// Show operations that did not change, too
    #[arg(long)]
    all: bool,
    /// Exit with 1 where anything became worse
    #[arg(long)]
    exit_code: bool,
    /// How to print it; durations are nanoseconds in JSON
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
}

const HELP: &str = "\
What counts as a change:
- an error type, or a cause of cancellation, that an operation did not have before;
- a share of failures or of cancellations, among the calls that ended, that differs by more than chance explains;
- a share of calls that began and did not end, among all calls, that differs by more than chance explains;
- a p50 or p99 that differs by at least 10 %, where both runs have at least 20 calls that ended, and the share of calls \
above the old value differs by more than chance explains;
- an operation that is new, or gone;
- twice as many calls, or half as many, where that is 20 or more.

What chance explains is decided by a two-proportion z-test at 99 %. Of a hundred numbers that are as they were, about \
one is told all the same.

Worse are new errors, more failures, more cancellations, more calls that did not end, longer durations, and an operation \
that is new, has at least 20 calls, and fails or is cancelled in at least half of them.

Examples:
  $ invocations diff yesterday.jsonl today.jsonl
  Operations of one kind, those included that are as they were:
  $ invocations diff --all --name 'pay*' yesterday.jsonl today.jsonl
  For a pipeline, which stops where something became worse:
  $ invocations diff --exit-code --format json yesterday.jsonl today.jsonl";

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let selected = arguments.select.compile()?;
    let before = read(&arguments.before, &selected);
    let after = read(&arguments.after, &selected);
    let comparison = Comparison::of(&before.0.operations, &after.0.operations);
    if before.1.records() > 0 && after.1.records() > 0 {
        match arguments.format {
            Format::Table => page::print(&comparison, arguments.all, out)?,
            Format::Json => {
                export::json(&comparison, arguments.all, [&before.0, &after.0], out)?;
            }
        }
        out.flush()?;
    }
    let mut code = ANSWERED;
    for (summary, log) in [&before, &after] {
        let source = log.sources().first();
        let name = source.map(Source::name).unwrap_or_default();
        let name = harmless(&name);
        if summary.lost > 0 {
            anstream::eprintln!("invocations: {name}: {}", lost_in_words(summary.lost));
        }
        if let count @ 1.. = open_of(summary) {
            let operations = if count == 1 { "operation" } else { "operations" };
            let shown = match source {
                Some(Source::File(_)) => format!(
                    ": `invocations open {name}` shows {}",
                    if count == 1 { "it" } else { "them" }
                ),
                _ => String::new(),
            };
            anstream::eprintln!(
                "invocations: {name}: {count} {operations} began and did not end{shown}"
            );
        }
        code = code.max(log.report());
    }
    let is_found = arguments.exit_code && comparison.is_worse();
    Ok(if code == ANSWERED && is_found { FOUND } else { code })
}

/// How many operations began and did not end.
fn open_of(summary: &Summary) -> u64 {
    summary.operations.iter().map(|(_, calls)| calls.open).sum()
}

fn read(path: &PathBuf, selected: &Selected) -> (Summary, Log) {
    Summary::read(Source::of(std::slice::from_ref(path)), selected)
}
