//! What is in a log, line by line.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tracing_invocation::Outcome;

/// Takes the lines of a log and keeps account of them.
#[derive(Debug, Default)]
pub struct Account {
    tally: Tally,
    /// Of each operation, which of its records were seen.
    seen: HashMap<u64, Seen>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    invoke: bool,
    end: bool,
}

/// What a log has and should not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Records of operations.
    pub records: u64,
    /// Records of operations that failed or were cancelled.
    pub precious: u64,
    /// Records about losses, and how many they say were lost.
    pub loss_records: u64,
    /// The sum of what these say.
    pub lost: u64,
    /// Lines that are no record.
    pub torn: u64,
    /// Records that were there before.
    pub duplicates: u64,
    /// Records of an `invoke` behind the end of its operation.
    pub out_of_order: u64,
    /// Bytes of the longest line, its newline included.
    pub longest: usize,
    /// The first line that is no record.
    pub first_torn: Option<String>,
}

/// What is read of a record. The rest is looked at by who asks for less lines.
#[derive(Deserialize)]
struct Told<'a> {
    event_namespace: &'a str,
    event_outcome: Outcome,
    span_id: &'a str,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    error: Option<Error>,
}

#[derive(Deserialize)]
struct Error {
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    lost: Option<u64>,
}

impl Account {
    /// Takes whole lines, and what may stand behind the last newline.
    pub fn take(&mut self, log: &[u8]) {
        log.split_inclusive(|byte| *byte == b'\n').for_each(|line| self.take_line(line));
    }

    /// Takes one line.
    pub fn take_line(&mut self, line: &[u8]) {
        self.tally.longest = self.tally.longest.max(line.len());
        let told = serde_json::from_slice::<Told<'_>>(line).ok();
        let known = told.filter(|_| line.ends_with(b"}\n")).and_then(|told| {
            let span_id = u64::from_str_radix(told.span_id, 16).ok()?;
            Some((span_id, told))
        });
        match known {
            Some((span_id, told)) => self.take_record(span_id, &told),
            None => {
                self.tally.torn += 1;
                let text = || String::from_utf8_lossy(line).into_owned();
                self.tally.first_torn.get_or_insert_with(text);
            }
        }
    }

    fn take_record(&mut self, span_id: u64, told: &Told<'_>) {
        if told.event_namespace == "tracing_invocation" {
            let details = told.payload.error.as_ref().and_then(|error| error.details.as_ref());
            self.tally.loss_records += 1;
            self.tally.lost += details.and_then(|details| details.lost).unwrap_or_default();
            return;
        }
        self.tally.records += 1;
        let seen = self.seen.entry(span_id).or_default();
        let place = match told.event_outcome {
            Outcome::Slow => {
                self.tally.out_of_order += u64::from(seen.end);
                return;
            }
            Outcome::Invoke => {
                self.tally.out_of_order += u64::from(seen.end);
                &mut seen.invoke
            }
            outcome => {
                let is_precious = matches!(outcome, Outcome::Failed | Outcome::Cancelled);
                self.tally.precious += u64::from(is_precious);
                &mut seen.end
            }
        };
        self.tally.duplicates += u64::from(std::mem::replace(place, true));
    }

    /// What was there.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Tally {
    /// Whether every line is a record, none is there twice, and each is in its place.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.torn == 0 && self.duplicates == 0 && self.out_of_order == 0
    }
}
