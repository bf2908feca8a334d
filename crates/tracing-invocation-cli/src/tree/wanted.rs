//! Filters traces.

use std::io;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use tracing_invocation::{Outcome, TraceId};

use super::window::{Moment, moment, overlaps};
use crate::model::{Operation, Trace};
use crate::select::{Select, Selected};

/// How many digits a trace id has.
const DIGITS: usize = 32;

/// Traces are shown whole, where one operation is all that is asked for.
#[derive(Args, Clone, Debug)]
pub(super) struct Filters {
    /// Only this trace: its id, or how that begins. May be given several times
    #[arg(long, value_name = "ID", value_parser = prefix)]
    trace: Vec<Prefix>,
    /// Only traces with an operation that ended so, or is so. May be several, with commas
    #[arg(long, value_enum, value_name = "OUTCOME", value_delimiter = ',')]
    outcome: Vec<Which>,
    /// Only traces that ended then or later: a time in UTC, or how long before the log's last record, as 10m
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Moment>,
    /// Only traces that began then or earlier
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,
    #[command(flatten)]
    select: Select,
}

/// How an operation ended, or how it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    Success,
    Failed,
    Cancelled,
    Unknown,
    /// It has not ended
    Open,
    /// It was said to take longer than it should, however it ended
    Slow,
}

/// What is asked for, ready to be asked.
pub(super) struct Wanted {
    traces: Vec<Prefix>,
    outcomes: Vec<Which>,
    since: Option<Moment>,
    until: Option<Moment>,
    selected: Selected,
}

/// How the digits of a trace id begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefix {
    number: u128,
    /// The bits below it, of which nothing is said.
    rest: u32,
}

impl Filters {
    /// # Errors
    ///
    /// Where a pattern is none.
    pub(super) fn compile(&self) -> io::Result<Wanted> {
        Ok(Wanted {
            traces: self.trace.clone(),
            outcomes: self.outcome.clone(),
            since: self.since,
            until: self.until,
            selected: self.select.compile()?,
        })
    }
}

impl Wanted {
    /// Whether a trace is shown of a log whose last record is of the time `end`.
    pub(super) fn takes(&self, trace: &Trace, end: SystemTime) -> bool {
        let is_named =
            self.traces.is_empty() || self.traces.iter().any(|prefix| prefix.begins(trace.id));
        let is_any = self.outcomes.is_empty() && self.selected.is_everything();
        let is_then = overlaps(trace, self.since, self.until, end);
        is_named && is_then && (is_any || trace.operations.iter().any(|one| self.takes_one(one)))
    }

    fn takes_one(&self, one: &Operation) -> bool {
        (self.outcomes.is_empty() || self.outcomes.iter().any(|which| which.is_of(one)))
            && self.selected.takes(&one.namespace, &one.name, one.entity_id.as_deref())
    }
}

impl Which {
    fn is_of(self, one: &Operation) -> bool {
        let outcome = match self {
            Self::Success => Some(Outcome::Success),
            Self::Failed => Some(Outcome::Failed),
            Self::Cancelled => Some(Outcome::Cancelled),
            Self::Unknown => Some(Outcome::Unknown),
            Self::Open => None,
            Self::Slow => return !one.slow.is_empty(),
        };
        one.outcome() == outcome
    }
}

impl Prefix {
    fn begins(self, id: TraceId) -> bool {
        id.get() >> self.rest == self.number
    }
}

fn prefix(text: &str) -> Result<Prefix, String> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hex && text.len() <= DIGITS);
    let digits = u32::try_from(text.len()).unwrap_or_default();
    match number {
        Some(number) => Ok(Prefix { number, rest: 128 - 4 * digits }),
        None => Err(format!(
            "write the trace_id, up to {DIGITS} hexadecimal digits, or the first few of them"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_begins_with_its_digits() {
        let id = "0af7651916cd43dd8448eb211c80319c".parse().unwrap();
        for (text, begins) in [("0", true), ("0AF7", true), ("af7", false), ("00", false)] {
            assert_eq!(prefix(text).unwrap().begins(id), begins, "{text}");
        }
        assert!(prefix("0af7651916cd43dd8448eb211c80319c").unwrap().begins(id));
        assert!(!prefix("0af7651916cd43dd8448eb211c80319d").unwrap().begins(id));
        for text in ["", "+1", "0x1", "g", "0af7651916cd43dd8448eb211c80319c0", "é"] {
            assert!(prefix(text).unwrap_err().starts_with("write the trace_id"), "{text}");
        }
    }
}
