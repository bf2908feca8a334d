//! What is worth a line.

use std::sync::Arc;
use std::time::SystemTime;

use humantime::format_rfc3339_millis;
use tracing_invocation::convention::{error, payload};
use tracing_invocation::format::lasted;
use tracing_invocation::{Outcome, Record, SpanId, TraceId};

use super::{NAME, cut};
use crate::render::{self, DIM, ERROR, Line, PLAIN, Told, short};

/// Characters of an error's message, or of why something was cancelled.
const MESSAGE: usize = 400;
/// How many digits of a trace id are told: enough to ask for that trace.
const DIGITS: usize = 12;

/// What a record says, as far as it is shown.
#[derive(Clone, Debug)]
pub(in super::super) struct Note {
    at: SystemTime,
    what: What,
    pub(super) called: Arc<str>,
    entity_id: Option<Box<str>>,
    duration_ns: Option<u64>,
    told: Option<Told>,
    /// What the operation is called that tells in full what this one ended by.
    pub(super) teller: Option<String>,
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
}

/// What a note is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Operation(Outcome),
    Losses,
}

impl Note {
    pub(super) fn of(
        record: &Record,
        called: Arc<str>,
        name: impl Fn(SpanId) -> Option<Arc<str>>,
    ) -> Self {
        let outcome = record.event_outcome;
        let teller = [payload::CAUSED_BY, payload::CANCELLED_BY].iter().find_map(|key| {
            let id = record.payload.get(*key)?.as_str()?.parse().ok()?;
            Some(name(id).map_or_else(|| short(id), |name| name.to_string()))
        });
        let told = match outcome {
            Outcome::Slow => render::slow(&record.payload).map(|text| Told { kind: None, text }),
            _ if teller.is_some() => None,
            _ => render::end(outcome, &record.payload, |id| name(id).map(|name| name.to_string())),
        };
        Self {
            at: record.timestamp,
            what: What::Operation(outcome),
            called,
            entity_id: record.entity_id.as_deref().map(|entity_id| cut(entity_id, NAME).into()),
            duration_ns: record.duration_ns,
            told: told.map(shortened),
            teller,
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
            called: "".into(),
            entity_id: None,
            duration_ns: None,
            told: Some(shortened(Told { kind: None, text })),
            teller: None,
            trace_id: record.trace_id,
            span_id: record.span_id,
        }
    }

    /// The note as a line; `is_whole` says whether the trace is told as well.
    pub(in super::super) fn line(&self, is_whole: bool) -> Line {
        let mut line = Line::default();
        let at = format_rfc3339_millis(self.at).to_string();
        line.put(DIM, at.split_once('T').map_or(&*at, |(_, time)| time));
        line.put(PLAIN, " ");
        let What::Operation(outcome) = self.what else {
            line.put(ERROR.bold(), format!("! {:<9} ", "lost"));
            line.put(ERROR.bold(), self.told.as_ref().map_or("", |told| &told.text));
            return line;
        };
        line.put_outcome(Some(outcome), self.teller.is_some());
        line.put(if self.teller.is_some() { PLAIN } else { render::NAME }, &self.called);
        if let Some(entity_id) = &self.entity_id {
            line.put(PLAIN, format!(" {entity_id}"));
        }
        if let Some(nanos) = self.duration_ns {
            line.put(PLAIN, format!("  {}", lasted(nanos)));
        }
        if let Some(teller) = &self.teller {
            let how = if outcome == Outcome::Failed { "by" } else { "with" };
            line.put(DIM, format!("  {how} {teller}"));
        }
        if let Some(told) = &self.told {
            line.put_told(told);
        }
        if is_whole {
            line.put(DIM, format!("  trace {}", &self.trace_id.to_string()[..DIGITS]));
        }
        line
    }
}

fn shortened(told: Told) -> Told {
    let short = |text: String, limit| match cut(&text, limit) {
        all if all.len() == text.len() => text,
        begin => format!("{begin}…"),
    };
    Told { kind: told.kind.map(|kind| short(kind, NAME)), text: short(told.text, MESSAGE) }
}
