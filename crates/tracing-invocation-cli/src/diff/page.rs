//! Prints changes as a table.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use tracing_invocation::format::{harmless, lasted};

use super::chance::Share;
use super::compare::{Change, Comparison, PERCENTILES, Pair, cancelled, failed};
use crate::stats::Calls;
use crate::table::{Align, Table};

const HEADER: [&str; 8] =
    ["operation", "calls", "failed", "cancelled", OPEN, "p50", "p99", "what changed"];

/// The column that is there where anything is open.
const OPEN: &str = "open";

/// What stands for a number that there is none of.
const NOTHING: &str = "–";

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const WORSE: Style = AnsiColor::Red.on_default();
const BETTER: Style = AnsiColor::Green.on_default();

/// A row for each operation that changed, or for all.
pub(super) fn print(comparison: &Comparison<'_>, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let changed = comparison.pairs.iter().filter(|pair| !pair.changes.is_empty()).count();
    if all || changed > 0 {
        let shown = || comparison.pairs.iter().filter(|pair| all || !pair.changes.is_empty());
        let is_open = shown().any(|pair| pair.both().any(|calls| calls.open > 0));
        let columns = |title: &str| is_open || title != OPEN;
        let header: Vec<_> = HEADER.into_iter().filter(|title| columns(title)).collect();
        let mut table = Table::new(&header, Align::LeftBut(1));
        for pair in shown() {
            let row = HEADER.into_iter().zip(row(pair));
            table.push(row.filter(|(title, _)| columns(title)).map(|(_, cell)| cell));
        }
        table.print(out)?;
        writeln!(out)?;
    }
    let operations = match comparison.pairs.len() {
        1 => "1 operation".to_owned(),
        count => format!("{count} operations"),
    };
    match (changed, comparison.pairs.iter().filter(|pair| pair.is_worse()).count()) {
        (0, _) => writeln!(out, "nothing changed in {operations}"),
        (changed, 0) => writeln!(out, "{changed} of {operations} changed, none for the worse"),
        (changed, worse) => {
            writeln!(
                out,
                "{changed} of {operations} changed, {WORSE}{worse} for the worse{WORSE:#}"
            )
        }
    }
}

fn row(pair: &Pair<'_>) -> [(String, Style); 8] {
    let label = &pair.label;
    let name = format!("{} {}", harmless(&label.namespace), harmless(&label.name));
    let style = |is: fn(&Change<'_>) -> bool| {
        let change = pair.changes.iter().find(|change| is(change));
        change.map_or(DIM, style)
    };
    let told = |tell: &dyn Fn(&Calls) -> Option<String>| {
        both(pair.before.and_then(tell), pair.after.and_then(tell))
    };
    let [p50, p99] = PERCENTILES.map(|percentile| {
        told(&|calls| {
            let duration = calls.latency.percentile(percentile)?;
            Some(lasted(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
        })
    });
    let of = |wanted: f64| {
        let change = pair.changes.iter().find(|change| match change {
            Change::Slower { percentile, .. } | Change::Faster { percentile, .. } => {
                percentile.total_cmp(&wanted).is_eq()
            }
            _ => false,
        });
        change.map_or(DIM, self::style)
    };
    [
        (name, BOLD),
        (
            told(&|calls| Some(calls.calls().to_string())),
            style(|it| matches!(it, Change::Calls { .. })),
        ),
        (
            told(&|calls| percent(failed(calls))),
            style(|it| matches!(it, Change::FailsMore { .. } | Change::FailsLess { .. })),
        ),
        (
            told(&|calls| percent(cancelled(calls))),
            style(|it| matches!(it, Change::CancelledMore { .. } | Change::CancelledLess { .. })),
        ),
        (
            told(&|calls| Some(calls.open.to_string())),
            style(|it| matches!(it, Change::OpenMore { .. } | Change::OpenLess { .. })),
        ),
        (p50, of(PERCENTILES[0])),
        (p99, of(PERCENTILES[1])),
        what(&pair.changes),
    ]
}

/// What was, and what is; once where that is the same.
fn both(before: Option<String>, after: Option<String>) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before == after => after,
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(before), None) => format!("{before} → {NOTHING}"),
        (None, Some(after)) => format!("{NOTHING} → {after}"),
        (None, None) => String::new(),
    }
}

/// How many of a hundred, where anything ended.
fn percent(share: Share) -> Option<String> {
    (share.of > 0).then(|| {
        let percent = share.rate() * 100.0;
        // What is not nothing does not look like it.
        if share.part > 0 && percent < 0.1 {
            "<0.1 %".to_owned()
        } else {
            format!("{percent:.1} %")
        }
    })
}

const fn style(change: &Change<'_>) -> Style {
    if change.is_worse() {
        WORSE
    } else if change.is_better() {
        BETTER
    } else {
        PLAIN
    }
}

/// All changes in words, in the style of the first.
fn what(changes: &[Change<'_>]) -> (String, Style) {
    let words: Vec<_> = changes.iter().map(words).collect();
    (words.join(", "), changes.first().map_or(PLAIN, style))
}

fn words(change: &Change<'_>) -> String {
    match change {
        Change::NewError { error, count } => format!("new error {} ({count})", harmless(error)),
        Change::NewCause { cause, count } => {
            format!("newly cancelled because {} ({count})", harmless(cause))
        }
        Change::FailsMore { .. } => "fails more".to_owned(),
        Change::FailsLess { .. } => "fails less".to_owned(),
        Change::CancelledMore { .. } => "is cancelled more".to_owned(),
        Change::CancelledLess { .. } => "is cancelled less".to_owned(),
        Change::OpenMore { .. } => "more do not end".to_owned(),
        Change::OpenLess { .. } => "fewer do not end".to_owned(),
        Change::Slower { percentile, ratio } => format!("slower p{percentile} (×{ratio:.2})"),
        Change::Faster { percentile, ratio } => format!("faster p{percentile} (×{ratio:.2})"),
        Change::New { .. } => "new".to_owned(),
        Change::NewUnwell { calls, unwell } => {
            format!("new, {unwell} of {calls} failed or cancelled")
        }
        Change::Gone { .. } => "gone".to_owned(),
        Change::Calls { ratio } if *ratio > 1.0 => format!("more calls (×{ratio:.1})"),
        Change::Calls { ratio } => format!("fewer calls (×{ratio:.2})"),
    }
}
