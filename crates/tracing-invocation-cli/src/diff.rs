//! `invocations diff`: compares two runs.

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
use crate::stats::{Summary, describe_lost};

use compare::Comparison;

/// Show what changed between two runs
///
/// Compares the operations of two logs by name: calls, failures, cancellations, calls that did not end, and durations; new
/// error types and causes of cancellation; operations that appeared or disappeared. The most important changes come first:
/// new errors, more failures, more cancellations, more calls that did not end, longer durations.
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The log of the earlier run, plain or gzip; `-` reads stdin
    #[arg(value_name = "BEFORE", value_hint = clap::ValueHint::FilePath)]
    before: PathBuf,
    /// The log of the later run
    #[arg(value_name = "AFTER", value_hint = clap::ValueHint::FilePath)]
    after: PathBuf,
    #[command(flatten)]
    select: Select,
    /// Also show operations that did not change
    #[arg(long)]
    all: bool,
    /// Exit with 1 if anything got worse
    #[arg(long)]
    exit_code: bool,
    /// Output format; JSON has durations in nanoseconds
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
These are changes:
- an error type, or a cause of cancellation, that the operation did not have before;
- a significantly different share of failures or cancellations among the calls that ended;
- a significantly different share of calls that did not end among all calls;
- a p50 or p99 that differs by at least 10 %, if both runs have at least 20 calls that ended, and the share of calls \
above the old value is significantly different;
- an operation that appeared or disappeared;
- twice as many calls, or half as many, if the larger number is at least 20.

A difference is significant if a two-proportion z-test says so at the 99 % level. Of a hundred comparisons without a \
real change, about one is reported nevertheless.

These changes are for the worse: new errors, more failures, more cancellations, more calls that did not end, longer \
durations, and a new operation with at least 20 calls of which at least half failed or were cancelled.

Examples:
  $ invocations diff yesterday.jsonl today.jsonl
  Show all operations with certain names, including unchanged ones:
  $ invocations diff --all --name 'pay*' yesterday.jsonl today.jsonl
  Fail a CI pipeline if anything got worse:
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
            anstream::eprintln!("invocations: {name}: {}", describe_lost(summary.lost));
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

/// Returns the number of operations that began and did not end.
fn open_of(summary: &Summary) -> u64 {
    summary.operations.iter().map(|(_, calls)| calls.open).sum()
}

fn read(path: &PathBuf, selected: &Selected) -> (Summary, Log) {
    Summary::read(Source::of(std::slice::from_ref(path)), selected)
}
