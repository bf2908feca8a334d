//! Prints counts as a table.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use tracing_invocation::format::{harmless, lasted};

use super::{Calls, Summary, ranking};
use crate::table::{Align, Table};

const HEADER: [&str; 11] = [
    "operation",
    "calls",
    "success",
    "failed",
    "cancelled",
    "unknown",
    "open",
    "p50",
    "p90",
    "p99",
    "max",
];

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const FAILED: Style = AnsiColor::Red.on_default();
const CANCELLED: Style = AnsiColor::Magenta.on_default();
const OPEN: Style = AnsiColor::Yellow.on_default();

/// Prints a row for each operation, a total if there are several, and rankings of errors and causes.
pub(super) fn print(summary: &Summary, top: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(&HEADER, Align::RightBut(0));
    for (label, calls) in &summary.operations {
        let name = format!("{} {}", harmless(&label.namespace), harmless(&label.name));
        table.push(row(name, calls));
    }
    if let [(_, first), rest @ ..] = &*summary.operations
        && !rest.is_empty()
    {
        let mut all = first.clone();
        rest.iter().for_each(|(_, calls)| all.absorb(calls));
        table.push(row(format!("{} operations", summary.operations.len()), &all));
    }
    table.print(out)?;
    ranking::print(summary, top, out)
}

fn row(name: String, calls: &Calls) -> Vec<(String, Style)> {
    let some = |count: u64, style| (count.to_string(), if count == 0 { DIM } else { style });
    let mut row = vec![
        (name, Style::new()),
        some(calls.calls(), BOLD),
        some(calls.success, Style::new()),
        some(calls.failed, FAILED),
        some(calls.cancelled, CANCELLED),
        some(calls.unknown, Style::new()),
        some(calls.open, OPEN),
    ];
    let latency = &calls.latency;
    let times = [50.0, 90.0, 99.0].map(|percent| latency.percentile(percent));
    row.extend(times.into_iter().chain([latency.max()]).map(|time| match time {
        Some(time) => (lasted(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)), Style::new()),
        None => ("-".to_owned(), DIM),
    }));
    row
}
