//! Notes: records that are worth a line of their own.

use std::sync::Arc;
use std::time::SystemTime;

use humantime::format_rfc3339_millis;
use tracing_invocation::convention::{error, payload};
use tracing_invocation::format::lasted;
use tracing_invocation::{Outcome, Record, SpanId, TraceId};

use super::{NAME, cut};
use crate::render::{self, DIM, ERROR, Line, PLAIN, Reason, short};

/// The maximum number of characters of an error message, or of the reason for a cancellation.
const MESSAGE: usize = 400;
/// How many digits of a trace id are shown: enough to select it with `invocations tree --trace`.
const DIGITS: usize = 12;

/// The parts of a record that are shown.
#[derive(Clone, Debug)]
pub(in super::super) struct Note {
    at: SystemTime,
    what: What,
    pub(super) label: Arc<str>,
    entity_id: Option<Box<str>>,
    duration_ns: Option<u64>,
    reason: Option<Reason>,
    /// The label of the operation whose record has the same error or cancellation in full.
    pub(super) reported_by: Option<String>,
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
}

/// The subject of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Operation(Outcome),
    Losses,
}

impl Note {
    pub(super) fn of(
        record: &Record,
        label: Arc<str>,
        name: impl Fn(SpanId) -> Option<Arc<str>>,
    ) -> Self {
        let outcome = record.event_outcome;
        let reported_by = [payload::CAUSED_BY, payload::CANCELLED_BY].iter().find_map(|key| {
            let id = record.payload.get(*key)?.as_str()?.parse().ok()?;
            Some(name(id).map_or_else(|| short(id), |name| name.to_string()))
        });
        let reason = match outcome {
            Outcome::Slow => render::slow(&record.payload).map(|text| Reason { kind: None, text }),
            _ if reported_by.is_some() => None,
            _ => render::end(outcome, &record.payload, |id| name(id).map(|name| name.to_string())),
        };
        Self {
            at: record.timestamp,
            what: What::Operation(outcome),
            label,
            entity_id: record.entity_id.as_deref().map(|entity_id| cut(entity_id, NAME).into()),
            duration_ns: record.duration_ns,
            reason: reason.map(shortened),
            reported_by,
            trace_id: record.trace_id,
            span_id: record.span_id,
        }
    }

    pub(super) fn of_losses(record: &Record, lost: u64) -> Self {
        let message = record.payload.get(payload::ERROR).and_then(|lost| lost.get(error::MESSAGE));
        let message = message.and_then(|message| message.as_str()).map(str::to_owned);
        let text = message.unwrap_or_else(|| format!("{lost} records lost"));
        Self {
            at: record.timestamp,
            what: What::Losses,
            label: "".into(),
            entity_id: None,
            duration_ns: None,
            reason: Some(shortened(Reason { kind: None, text })),
            reported_by: None,
            trace_id: record.trace_id,
            span_id: record.span_id,
        }
    }

    /// Formats the note as a line, with its trace if `is_whole` is set.
    pub(in super::super) fn line(&self, is_whole: bool) -> Line {
        let mut line = Line::default();
        let at = format_rfc3339_millis(self.at).to_string();
        line.put(DIM, at.split_once('T').map_or(&*at, |(_, time)| time));
        line.put(PLAIN, " ");
        let What::Operation(outcome) = self.what else {
            line.put(ERROR.bold(), format!("! {:<9} ", "lost"));
            line.put(ERROR.bold(), self.reason.as_ref().map_or("", |reason| &reason.text));
            return line;
        };
        line.put_outcome(Some(outcome), self.reported_by.is_some());
        line.put(if self.reported_by.is_some() { PLAIN } else { render::NAME }, &self.label);
        if let Some(entity_id) = &self.entity_id {
            line.put(PLAIN, format!(" {entity_id}"));
        }
        if let Some(nanos) = self.duration_ns {
            line.put(PLAIN, format!("  {}", lasted(nanos)));
        }
        if let Some(reported_by) = &self.reported_by {
            let how = if outcome == Outcome::Failed { "by" } else { "with" };
            line.put(DIM, format!("  {how} {reported_by}"));
        }
        if let Some(reason) = &self.reason {
            line.put_reason(reason);
        }
        if is_whole {
            line.put(DIM, format!("  trace {}", &self.trace_id.to_string()[..DIGITS]));
        }
        line
    }
}

fn shortened(reason: Reason) -> Reason {
    let short = |text: String, limit| match cut(&text, limit) {
        all if all.len() == text.len() => text,
        begin => format!("{begin}…"),
    };
    Reason { kind: reason.kind.map(|kind| short(kind, NAME)), text: short(reason.text, MESSAGE) }
}
