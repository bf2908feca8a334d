//! One operation that is open.

use std::cmp::Ordering;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::matching::{Open, Parent};
use super::program::Programs;
use crate::input::Source;
use crate::log::Log;
use crate::outline::Slow;
use crate::stats::Key;
use crate::table::csv_error;

/// An operation that is open, as programs are told of it.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) age_ns: u64,
    #[serde(serialize_with = "time")]
    pub(super) began: SystemTime,
    pub(super) event_namespace: Box<str>,
    pub(super) event_name: Box<str>,
    pub(super) entity_id: Option<Box<str>>,
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) parent_span_id: Option<String>,
    /// `open`, `ended` or `not in the log`.
    pub(super) parent: Option<&'static str>,
    /// What was last said of it while it was slow.
    pub(super) slow: Option<Slow>,
    /// `running`, `ended` or `not known`.
    pub(super) program: &'static str,
    /// What is known of its program beyond what is known of the log.
    pub(super) because: Option<String>,
    pub(super) file: String,
    pub(super) line: u64,
}

impl Row {
    pub(super) fn of(
        key: Key,
        open: Open,
        slow: Option<Slow>,
        parent: Parent,
        programs: &Programs,
        log: &Log,
    ) -> Self {
        let verdict = programs.verdict(open.at.source, open.began);
        let age = verdict.until.duration_since(open.began).unwrap_or_default();
        Self {
            age_ns: u64::try_from(age.as_nanos()).unwrap_or(u64::MAX),
            began: open.began,
            event_namespace: open.namespace,
            event_name: open.name,
            entity_id: open.entity_id,
            trace_id: key.0.to_string(),
            span_id: key.1.to_string(),
            parent_span_id: open.parent.map(|(_, span_id)| span_id.to_string()),
            parent: parent.word(),
            slow,
            program: verdict.state.word(),
            because: verdict.because,
            file: log.sources().get(open.at.source).map(Source::name).unwrap_or_default(),
            line: open.at.line,
        }
    }

    pub(super) fn age(&self) -> Duration {
        Duration::from_nanos(self.age_ns)
    }

    pub(super) fn older_first(&self, other: &Self) -> Ordering {
        let key = |row: &Self| (row.began, row.line);
        key(self).cmp(&key(other)).then_with(|| self.span_id.cmp(&other.span_id))
    }
}

fn time<S: serde::Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&humantime::format_rfc3339_micros(*time))
}

/// A row for each, and a header.
pub(super) fn csv(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table
        .write_record([
            "age_ns",
            "began",
            "event_namespace",
            "event_name",
            "entity_id",
            "trace_id",
            "span_id",
            "parent_span_id",
            "parent",
            "slow_poll_ns",
            "slow_limit_ns",
            "slow_expected_ns",
            "slow_age_ns",
            "program",
            "file",
            "line",
        ])
        .map_err(csv_error)?;
    for row in rows {
        let slow = |part: fn(Slow) -> Option<u64>| row.slow.and_then(part);
        table
            .serialize((
                row.age_ns,
                humantime::format_rfc3339_micros(row.began).to_string(),
                &row.event_namespace,
                &row.event_name,
                &row.entity_id,
                &row.trace_id,
                &row.span_id,
                &row.parent_span_id,
                row.parent,
                slow(|slow| slow.poll_ns),
                slow(|slow| slow.limit_ns),
                slow(|slow| slow.expected_ns),
                slow(|slow| slow.age_ns),
                row.program,
                &row.file,
                row.line,
            ))
            .map_err(csv_error)?;
    }
    table.flush()
}
