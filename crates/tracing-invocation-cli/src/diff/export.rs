//! Prints changes as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::compare::{Change, Comparison, PERCENTILES, Pair, cancelled, failed, open};
use super::open_of;
use crate::stats::{Calls, Summary};

#[derive(Serialize)]
struct Document<'a> {
    is_worse: bool,
    operations: Vec<Row<'a>>,
    before: LogRow,
    after: LogRow,
}

#[derive(Serialize)]
struct Row<'a> {
    event_namespace: &'a str,
    event_name: &'a str,
    before: Option<Numbers>,
    after: Option<Numbers>,
    /// The most important first.
    changes: Vec<ChangeRow<'a>>,
}

#[derive(Serialize)]
struct Numbers {
    calls: u64,
    success: u64,
    failed: u64,
    cancelled: u64,
    unknown: u64,
    open: u64,
    failed_share: f64,
    cancelled_share: f64,
    /// Of all calls; the others are of those that ended.
    open_share: f64,
    p50_ns: Option<u64>,
    p99_ns: Option<u64>,
}

#[derive(Serialize)]
struct ChangeRow<'a> {
    kind: &'static str,
    is_worse: bool,
    /// The error type, or the cause, that is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// By how much a share differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentile: Option<f64>,
    /// What is, by what was.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

#[derive(Serialize)]
struct LogRow {
    lost_records: u64,
    /// How many operations began and did not end.
    open: u64,
}

/// One object.
pub(super) fn json(
    comparison: &Comparison<'_>,
    all: bool,
    [before, after]: [&Summary; 2],
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = comparison.pairs.iter().filter(|pair| all || !pair.changes.is_empty());
    let document = Document {
        is_worse: comparison.is_worse(),
        operations: shown.map(row).collect(),
        before: log_row(before),
        after: log_row(after),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn log_row(summary: &Summary) -> LogRow {
    LogRow { lost_records: summary.lost, open: open_of(summary) }
}

fn row<'a>(pair: &'a Pair<'_>) -> Row<'a> {
    Row {
        event_namespace: &pair.label.namespace,
        event_name: &pair.label.name,
        before: pair.before.map(numbers),
        after: pair.after.map(numbers),
        changes: pair.changes.iter().map(change).collect(),
    }
}

fn numbers(calls: &Calls) -> Numbers {
    let [p50_ns, p99_ns] = PERCENTILES.map(|percentile| {
        let duration = calls.latency.percentile(percentile)?;
        Some(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    });
    Numbers {
        calls: calls.calls(),
        success: calls.success,
        failed: calls.failed,
        cancelled: calls.cancelled,
        unknown: calls.unknown,
        open: calls.open,
        failed_share: failed(calls).rate(),
        cancelled_share: cancelled(calls).rate(),
        open_share: open(calls).rate(),
        p50_ns,
        p99_ns,
    }
}

fn change<'a>(change: &Change<'a>) -> ChangeRow<'a> {
    let mut row = ChangeRow {
        kind: change.kind(),
        is_worse: change.is_worse(),
        word: None,
        count: None,
        by: None,
        percentile: None,
        ratio: None,
    };
    match *change {
        Change::NewError { error: word, count } | Change::NewCause { cause: word, count } => {
            (row.word, row.count) = (Some(word), Some(count));
        }
        Change::FailsMore { by } | Change::CancelledMore { by } | Change::OpenMore { by } => {
            row.by = Some(by)
        }
        Change::FailsLess { by } | Change::CancelledLess { by } | Change::OpenLess { by } => {
            row.by = Some(-by)
        }
        Change::Slower { percentile, ratio } | Change::Faster { percentile, ratio } => {
            (row.percentile, row.ratio) = (Some(percentile), Some(ratio));
        }
        Change::New { calls } | Change::NewUnwell { calls, .. } | Change::Gone { calls } => {
            row.count = Some(calls)
        }
        Change::Calls { ratio } => row.ratio = Some(ratio),
    }
    row
}
