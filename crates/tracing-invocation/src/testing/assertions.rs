//! Assertions that read as sentences.
//!
//! Each one that fails names the operation, shows its records and the tree of all operations, and says what the capture
//! missed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::Log;
use super::tree::named;
use crate::record::{Outcome, Record, SpanId};

impl Log {
    /// Asserts that every `invoke` is followed by exactly one terminal record, and no terminal record stands alone;
    /// and that what is `slow` stands between the two.
    ///
    /// # Panics
    ///
    /// Where that is not so.
    #[track_caller]
    pub fn assert_every_invoke_ended_once(&self) {
        self.assert_ends(|ends| ends == 1);
    }

    /// Asserts that no `invoke` is followed by more than one terminal record, and no terminal record stands alone.
    ///
    /// # Panics
    ///
    /// Where that is not so.
    #[track_caller]
    pub fn assert_no_invoke_ended_twice(&self) {
        self.assert_ends(|ends| ends <= 1);
    }

    /// Asserts that every operation that began has ended.
    ///
    /// # Panics
    ///
    /// Where one is still open.
    #[track_caller]
    pub fn assert_nothing_is_open(&self) {
        let open = self.open();
        let names: Vec<_> = open.iter().map(quoted).collect();
        assert!(open.is_empty(), "still open: {}\n{}", names.join(", "), self.shown(&open));
    }

    /// Asserts that every operation of the process since the capture began belonged to a capture: to this one, or
    /// to another.
    ///
    /// Where other tests of the process run operations without capturing them, this fails as well. Of a log without a
    /// [`Capture`](super::Capture) nothing is known, and it holds.
    ///
    /// # Panics
    ///
    /// Where an operation began on a thread that belongs to no capture.
    #[track_caller]
    pub fn assert_nothing_missed(&self) {
        assert!(
            self.missed.is_none(),
            "operations began that no capture recorded\n{}",
            self.shown(&[])
        );
    }

    /// The `invoke` records of the operations that have not ended.
    #[must_use]
    pub fn open(&self) -> Vec<Record> {
        let mut open = BTreeMap::new();
        for (at, record) in self.records().into_iter().enumerate() {
            if record.event_outcome.is_terminal() {
                open.remove(&record.span_id);
            } else if record.event_outcome == Outcome::Invoke {
                open.insert(record.span_id, (at, record));
            }
        }
        let mut open: Vec<_> = open.into_values().collect();
        open.sort_unstable_by_key(|(at, _)| *at);
        open.into_iter().map(|(_, record)| record).collect()
    }

    /// The calls of the operations named `event_name`, to be asserted upon.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[must_use]
    #[track_caller]
    pub fn assert_all(&self, event_name: &str) -> Calls {
        let mut records = self.records();
        records.retain(|record| record.event_name == event_name);
        assert!(!records.is_empty(), "no operation was named {event_name:?}\n{}", self.shown(&[]));
        Calls { records, log: self.clone() }
    }

    /// The last call of an operation named `event_name`, to be asserted upon.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[must_use]
    #[track_caller]
    pub fn assert_last(&self, event_name: &str) -> Calls {
        let mut calls = self.assert_all(event_name);
        let begins = |record: &&Record| record.event_outcome == Outcome::Invoke;
        let last = calls.records.iter().rfind(begins).or(calls.records.last());
        let last = last.map(|record| record.span_id);
        calls.records.retain(|record| Some(record.span_id) == last);
        calls
    }

    #[track_caller]
    fn assert_ends(&self, right: impl Fn(usize) -> bool) {
        let mut calls: BTreeMap<SpanId, Vec<Record>> = BTreeMap::new();
        for record in self.records() {
            let call = calls.entry(record.span_id).or_default();
            call.push(record);
            let fault = match call.as_slice() {
                [begun, .., ended] if ended.event_outcome.is_terminal() => {
                    (begun.event_outcome != Outcome::Invoke).then_some("ended without an `invoke`")
                }
                [ended] if ended.event_outcome.is_terminal() => Some("ended without an `invoke`"),
                [.., slow] if slow.event_outcome == Outcome::Slow => {
                    let is_open =
                        call.first().is_some_and(|begun| begun.event_outcome == Outcome::Invoke)
                            && ends(call) == 0;
                    (!is_open).then_some("was slow while it was not open")
                }
                [_] => None,
                _ => Some("was invoked twice"),
            };
            if let (Some(fault), Some(last)) = (fault, call.last()) {
                fail(format!("{} {fault}\n{}", quoted(last), self.shown(call)));
            }
        }
        for call in calls.values() {
            let ends = ends(call);
            let name = call.first().map(quoted).unwrap_or_default();
            let found = match ends {
                0 => "has not ended".to_owned(),
                _ => format!("ended {ends} times"),
            };
            assert!(right(ends), "{name} {found}\n{}", self.shown(call));
        }
    }

    /// The end of the message of a failed assertion: the records of the operations that these are of, all operations, and
    /// the operations that were not captured.
    fn shown(&self, records: &[Record]) -> String {
        let shown: BTreeSet<_> = records.iter().map(|record| record.span_id).collect();
        let mut text = String::from(if shown.is_empty() { "" } else { "records:\n" });
        for (record, line) in self.records().iter().zip(self.lines()) {
            if shown.contains(&record.span_id) {
                let _ = writeln!(text, "{line}");
            }
        }
        let tree = self.tree().to_string();
        let nothing = if tree.is_empty() { "none\n" } else { "" };
        let _ = write!(text, "all operations:\n{tree}{nothing}{}", self.missed);
        text
    }
}

fn ends(call: &[Record]) -> usize {
    call.iter().filter(|record| record.event_outcome.is_terminal()).count()
}

fn quoted(record: &Record) -> String {
    format!("`{}`", named(record))
}

#[track_caller]
#[expect(clippy::panic, reason = "documented: this is an assertion")]
fn fail(message: String) -> ! {
    panic!("{message}")
}

/// Some calls of one operation, to be asserted upon. Each assertion answers with the calls, for the next one.
#[derive(Clone, Debug)]
pub struct Calls {
    records: Vec<Record>,
    log: Log,
}

impl Calls {
    /// The records of these calls.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Asserts that each of these calls ended with this outcome.
    ///
    /// # Panics
    ///
    /// Where one did not end so, or has not ended.
    #[track_caller]
    pub fn ended(self, outcome: Outcome) -> Self {
        let wrong = |end: &Record| {
            (end.event_outcome != outcome).then(|| format!("it ended as {}", end.event_outcome))
        };
        self.assert_each_end(&format!("to end as {outcome}"), wrong);
        self
    }

    /// Asserts that none of these calls has ended.
    ///
    /// # Panics
    ///
    /// Where one did.
    #[track_caller]
    pub fn is_open(self) -> Self {
        let end = self.records.iter().find(|record| record.event_outcome.is_terminal());
        if let Some(end) = end {
            self.fail(end, "to be open", &format!("it ended as {}", end.event_outcome));
        }
        self
    }

    /// Asserts that the terminal record of each of these calls holds `expected` at `pointer`, a JSON Pointer of RFC 6901
    /// into the payload.
    ///
    /// # Panics
    ///
    /// Where one does not, or has not ended.
    #[track_caller]
    pub fn with_payload(self, pointer: &str, expected: impl Into<Value>) -> Self {
        let expected = expected.into();
        let wrong = |end: &Record| match Value::Object(end.payload.clone()).pointer(pointer) {
            Some(found) if *found == expected => None,
            Some(found) => Some(format!("it holds {found} there")),
            None => Some("it holds nothing there".to_owned()),
        };
        self.assert_each_end(&format!("to hold {expected} at {pointer:?} at its end"), wrong);
        self
    }

    /// Fails where a call has not ended, or `wrong` says what is wrong with its terminal record.
    #[track_caller]
    fn assert_each_end(&self, expectation: &str, wrong: impl Fn(&Record) -> Option<String>) {
        for record in &self.records {
            let is_this = |end: &&Record| end.span_id == record.span_id;
            let is_end = |end: &&Record| end.event_outcome.is_terminal();
            match self.records.iter().filter(is_this).find(is_end) {
                None => self.fail(record, expectation, "it has not ended"),
                Some(_) if !record.event_outcome.is_terminal() => {}
                Some(_) => {
                    if let Some(found) = wrong(record) {
                        self.fail(record, expectation, &found);
                    }
                }
            }
        }
    }

    #[track_caller]
    fn fail(&self, record: &Record, expectation: &str, found: &str) -> ! {
        let shown = self.log.shown(std::slice::from_ref(record));
        fail(format!("expected {} {expectation}, but {found}\n{shown}", quoted(record)))
    }
}
