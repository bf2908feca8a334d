//! Prints counts as JSON or CSV.

use std::io::{self, Write};
use std::time::SystemTime;

use serde::Serialize;

use super::{Calls, Label, Summary, ranked};
use crate::line::Why;
use crate::log::Log;
use crate::table::csv_error;

#[derive(Serialize)]
struct Document<'a> {
    operations: Vec<Row<'a>>,
    log: LogRow,
}

#[derive(Serialize)]
struct Row<'a> {
    event_namespace: &'a str,
    event_name: &'a str,
    #[serde(flatten)]
    numbers: Numbers,
    errors: Vec<ErrorType<'a>>,
    causes: Vec<Cause<'a>>,
}

/// The numbers of an operation: columns in CSV, members in JSON.
#[derive(Serialize)]
struct Numbers {
    calls: u64,
    success: u64,
    failed: u64,
    cancelled: u64,
    unknown: u64,
    open: u64,
    slow: u64,
    caused_by: u64,
    cancelled_by: u64,
    without_cause: u64,
    p50_ns: Option<u64>,
    p90_ns: Option<u64>,
    p99_ns: Option<u64>,
    max_ns: Option<u64>,
}

#[derive(Serialize)]
struct ErrorType<'a> {
    r#type: &'a str,
    count: u64,
    example: &'a str,
}

#[derive(Serialize)]
struct Cause<'a> {
    cause: &'a str,
    count: u64,
}

/// The logs that were read.
#[derive(Serialize)]
struct LogRow {
    records: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    lost_records: u64,
    foreign_lines: u64,
    torn_lines: u64,
    invalid_lines: u64,
    too_long_lines: u64,
    /// `true` if every source was read to its end.
    is_read_to_end: bool,
}

impl<'a> Row<'a> {
    fn of(label: &'a Label, calls: &'a Calls) -> Self {
        let error = |(r#type, count)| {
            let example = calls.examples.get(r#type).map(|message| &**message);
            ErrorType { r#type, count, example: example.unwrap_or_default() }
        };
        let cause = |(cause, count)| Cause { cause, count };
        Self {
            event_namespace: &label.namespace,
            event_name: &label.name,
            numbers: Numbers::of(calls),
            errors: ranked(&calls.errors).into_iter().map(error).collect(),
            causes: ranked(&calls.causes).into_iter().map(cause).collect(),
        }
    }
}

impl Numbers {
    fn of(calls: &Calls) -> Self {
        let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let percentile = |percent| calls.latency.percentile(percent).map(nanos);
        Self {
            calls: calls.calls(),
            success: calls.success,
            failed: calls.failed,
            cancelled: calls.cancelled,
            unknown: calls.unknown,
            open: calls.open,
            slow: calls.slow,
            caused_by: calls.caused_by,
            cancelled_by: calls.cancelled_by,
            without_cause: calls.without_cause,
            p50_ns: percentile(50.0),
            p90_ns: percentile(90.0),
            p99_ns: percentile(99.0),
            max_ns: calls.latency.max().map(nanos),
        }
    }
}

impl LogRow {
    fn of(summary: &Summary, log: &Log) -> Self {
        let lines = |why| log.account().skipped(why).map_or(0, |(count, _)| count);
        let time = |time: SystemTime| humantime::format_rfc3339_micros(time).to_string();
        Self {
            records: log.records(),
            from: summary.times.map(|(from, _)| time(from)),
            until: summary.times.map(|(_, until)| time(until)),
            lost_records: summary.lost,
            foreign_lines: lines(Why::Foreign),
            torn_lines: lines(Why::Torn),
            invalid_lines: lines(Why::Invalid),
            too_long_lines: lines(Why::TooLong),
            is_read_to_end: log.account().troubles.is_empty(),
        }
    }
}

/// Prints one JSON object.
pub(super) fn json(summary: &Summary, log: &Log, out: &mut dyn Write) -> io::Result<()> {
    let operations = summary.operations.iter().map(|(label, calls)| Row::of(label, calls));
    let document = Document { operations: operations.collect(), log: LogRow::of(summary, log) };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Prints a header and a row for each operation. Error types and causes have one column each, such as `timeout=3;select=1`.
pub(super) fn csv(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    rows.write_record([
        "event_namespace",
        "event_name",
        "calls",
        "success",
        "failed",
        "cancelled",
        "unknown",
        "open",
        "slow",
        "caused_by",
        "cancelled_by",
        "without_cause",
        "p50_ns",
        "p90_ns",
        "p99_ns",
        "max_ns",
        "errors",
        "causes",
    ])
    .map_err(csv_error)?;
    for (label, calls) in &summary.operations {
        let words = |words| {
            let ranked: Vec<_> =
                ranked(words).iter().map(|(word, count)| format!("{word}={count}")).collect();
            ranked.join(";")
        };
        let (errors, causes) = (words(&calls.errors), words(&calls.causes));
        rows.serialize((&*label.namespace, &*label.name, Numbers::of(calls), errors, causes))
            .map_err(csv_error)?;
    }
    rows.flush()
}
