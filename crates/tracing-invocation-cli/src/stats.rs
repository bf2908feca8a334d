//! `invocations stats`: calls, outcomes and durations by operation.

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
use crate::select::{Select, say_nothing_is_selected};

/// Count calls, outcomes and durations by operation
///
/// For each operation: how many calls succeeded, failed, were cancelled, ended in a way that is not known, and are still open;
/// how long they took; and what the errors and the causes of cancellation were, the most frequent first. Durations are those
/// of all calls that ended, to within 1 %; the longest is exact.
///
/// Memory depends on how many operations there are by name, and on how many are open at once, not on the size of the log.
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
    /// How to print it; durations are nanoseconds in JSON and CSV
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Which operations come first
    #[arg(long, value_enum, default_value_t)]
    sort: Sort,
    /// How many error types and causes to rank in the table; 0 is all
    #[arg(long, default_value_t = 10, value_name = "N")]
    top: usize,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Sort {
    /// The most called
    #[default]
    Calls,
    /// By namespace, then by name
    Name,
    /// The most failures
    Failed,
    /// The most cancellations
    Cancelled,
    /// The most that are open
    Open,
    /// The slowest half
    P50,
    /// The slowest hundredth
    P99,
    /// The slowest call
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
        say_nothing_is_selected();
    }
    if summary.lost > 0 {
        anstream::eprintln!("invocations: {}", lost_in_words(summary.lost));
    }
    Ok(log.report())
}

/// That a log is incomplete by its own account.
pub(crate) fn lost_in_words(lost: u64) -> String {
    let records = if lost == 1 { "1 record is" } else { &format!("{lost} records are") };
    format!("the log says that {records} missing from it: an end may be among them")
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
