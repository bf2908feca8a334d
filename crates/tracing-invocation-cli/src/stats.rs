//! `invocations stats`: counts calls, outcomes and durations by operation.

mod balance;
mod export;
mod latency;
mod page;
mod ranking;
mod summary;
mod tally;

pub(crate) use balance::{Key, Recent};
pub(crate) use latency::Latency;
pub(crate) use summary::{Summary, ranked};
pub(crate) use tally::{Calls, Label, lost};

use std::cmp::Reverse;
use std::io::{self, Write};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::args::{Files, Format};
use crate::input::Source;
use crate::select::{Select, report_no_match};

/// Count calls, outcomes and durations by operation
///
/// Counts, for each operation, the calls that succeeded, failed, were cancelled, ended with an unknown outcome, or are still
/// open; shows how long they took; and ranks error types and causes of cancellation, the most frequent first. Durations cover
/// all calls that ended, to within 1 %; the maximum is exact.
///
/// Memory depends on the number of names, and on the number of operations that are open at the same time, not on the size
/// of the log.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  $ invocations stats app.jsonl
  $ invocations stats --sort p99 --name 'charge*' app.jsonl app.jsonl.1.gz
  $ invocations stats --format json < app.jsonl
  $ invocations stats --format csv app.jsonl > operations.csv")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    select: Select,
    /// Output format; JSON and CSV have durations in nanoseconds
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// How to sort the operations
    #[arg(long, value_enum, default_value_t)]
    sort: Sort,
    /// How many error types and causes to list in the table; 0 lists all
    #[arg(long, default_value_t = 10, value_name = "N")]
    top: usize,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Sort {
    /// Most calls first
    #[default]
    Calls,
    /// By namespace, then by name
    Name,
    /// Most failures first
    Failed,
    /// Most cancellations first
    Cancelled,
    /// Most open calls first
    Open,
    /// Largest median duration first
    P50,
    /// Largest 99th percentile first
    P99,
    /// Longest call first
    Max,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let selected = arguments.select.compile()?;
    let (mut summary, log) = Summary::read(Source::of(&arguments.files.files), &selected);
    arguments.sort.order(&mut summary.operations);
    if log.records() > 0 {
        match arguments.format {
            Format::Table => page::print(&summary, arguments.top, out)?,
            Format::Json => export::json(&summary, &log, out)?,
            Format::Csv => export::csv(&summary, out)?,
        }
        out.flush()?;
    }
    if log.records() > 0 && summary.operations.is_empty() && !selected.is_everything() {
        report_no_match();
    }
    if summary.lost > 0 {
        anstream::eprintln!("invocations: {}", describe_lost(summary.lost));
    }
    Ok(log.report())
}

/// Describes how many records are missing, according to the log.
pub(crate) fn describe_lost(lost: u64) -> String {
    let records = if lost == 1 { "1 record was" } else { &format!("{lost} records were") };
    format!("the log reports that {records} lost: missing ends may be among them")
}

impl Sort {
    fn order(self, operations: &mut [(Arc<Label>, Calls)]) {
        operations.sort_unstable_by(|(label, _), (other, _)| label.cmp(other));
        let by = |calls: &Calls| match self {
            Self::Name => 0,
            Self::Calls => u128::from(calls.calls()),
            Self::Failed => u128::from(calls.failed),
            Self::Cancelled => u128::from(calls.cancelled),
            Self::Open => u128::from(calls.open),
            Self::P50 => calls.latency.percentile(50.0).unwrap_or_default().as_nanos(),
            Self::P99 => calls.latency.percentile(99.0).unwrap_or_default().as_nanos(),
            Self::Max => calls.latency.max().unwrap_or_default().as_nanos(),
        };
        operations.sort_by_cached_key(|(_, calls)| Reverse(by(calls)));
    }
}
