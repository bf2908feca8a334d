//! Counts for a person.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use foldhash::HashMap;
use tracing_invocation::format::{harmless, lasted};

use super::{Calls, Summary, ranked};
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

/// Prints a row for each operation, one for all where there are several, and what errors and causes there were.
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
    rank(summary, "errors", top, |calls| &calls.errors, out)?;
    rank(summary, "cancelled because", top, |calls| &calls.causes, out)
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

/// Prints what words were counted of all operations, and of which.
fn rank(
    summary: &Summary,
    title: &str,
    top: usize,
    words: impl Fn(&Calls) -> &HashMap<Box<str>, u64>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut by_word: Vec<(&str, u64, String)> = Vec::new();
    for (label, calls) in &summary.operations {
        let name = format!("{} {}", harmless(&label.namespace), harmless(&label.name));
        let of_operation = ranked(words(calls)).into_iter();
        by_word.extend(of_operation.map(|(word, count)| (word, count, name.clone())));
    }
    if by_word.is_empty() {
        return Ok(());
    }
    by_word.sort_by(|(word, count, name), (other, more, of)| {
        more.cmp(count).then_with(|| (word, name).cmp(&(other, of)))
    });
    let shown = if top == 0 { by_word.len() } else { top.min(by_word.len()) };
    let mut table = Table::new(&["count", title, "operation"], Align::LeftBut(0));
    for (word, count, name) in &by_word[..shown] {
        let word = (harmless(word).into_owned(), Style::new());
        table.push(vec![(count.to_string(), BOLD), word, (name.clone(), Style::new())]);
    }
    writeln!(out)?;
    table.print(out)?;
    if shown < by_word.len() {
        writeln!(out, "{DIM}and {} more: --top 0 shows all{DIM:#}", by_word.len() - shown)?;
    }
    Ok(())
}
