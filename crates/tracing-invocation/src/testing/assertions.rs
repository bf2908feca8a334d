//! Assertions that read as sentences. Each panics with the whole log when it does not hold.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Log;
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
        self.assert_ends(|ends| ends == 1, "exactly one terminal record");
    }

    /// Asserts that no `invoke` is followed by more than one terminal record, and no terminal record stands alone.
    ///
    /// # Panics
    ///
    /// Where that is not so.
    #[track_caller]
    pub fn assert_no_invoke_ended_twice(&self) {
        self.assert_ends(|ends| ends <= 1, "at most one terminal record");
    }

    /// Asserts that every operation that began has ended.
    ///
    /// # Panics
    ///
    /// Where one is still open.
    #[track_caller]
    pub fn assert_nothing_is_open(&self) {
        let open: Vec<_> = self.open().into_iter().map(|record| record.event_name).collect();
        assert!(open.is_empty(), "still open: {}\n{self}", open.join(", "));
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
        let records = self.named(event_name);
        assert!(!records.is_empty(), "no operation was named {event_name:?}\n{self}");
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
        let mut records = self.named(event_name);
        let begins = |record: &Record| record.event_outcome == Outcome::Invoke;
        let last = records.iter().rfind(|record| begins(record)).or(records.last());
        let Some(span_id) = last.map(|record| record.span_id) else {
            #[expect(clippy::panic, reason = "documented: this is an assertion")]
            {
                panic!("no operation was named {event_name:?}\n{self}")
            }
        };
        records.retain(|record| record.span_id == span_id);
        Calls { records, log: self.clone() }
    }

    fn named(&self, event_name: &str) -> Vec<Record> {
        let mut records = self.records();
        records.retain(|record| record.event_name == event_name);
        records
    }

    #[track_caller]
    fn assert_ends(&self, right: impl Fn(usize) -> bool, what: &str) {
        let mut calls: BTreeMap<SpanId, usize> = BTreeMap::new();
        for record in self.records() {
            let name = &record.event_name;
            if record.event_outcome.is_terminal() {
                let ends = calls.get_mut(&record.span_id);
                assert!(ends.is_some(), "{name} ended without an `invoke`\n{self}");
                ends.into_iter().for_each(|ends| *ends += 1);
            } else if record.event_outcome == Outcome::Slow {
                let is_open = calls.get(&record.span_id) == Some(&0);
                assert!(is_open, "{name} was slow while it was not open\n{self}");
            } else {
                let before = calls.insert(record.span_id, 0);
                assert!(before.is_none(), "{name} was invoked twice\n{self}");
            }
        }
        for (span_id, ends) in calls {
            assert!(right(ends), "{span_id} has {ends}, not {what}\n{self}");
        }
    }
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
    /// Where one did not, or none ended.
    #[track_caller]
    pub fn ended(self, outcome: Outcome) -> Self {
        let ends = self.terminal_records().map(|record| record.event_outcome);
        let wrong: Vec<_> = ends.filter(|&end| end != outcome).collect();
        let log = &self.log;
        assert!(wrong.is_empty(), "expected {outcome}, found {wrong:?}\n{log}");
        assert!(
            self.terminal_records().next().is_some(),
            "expected {outcome}, found no end\n{log}"
        );
        self
    }

    /// Asserts that none of these calls has ended.
    ///
    /// # Panics
    ///
    /// Where one did.
    #[track_caller]
    pub fn is_open(self) -> Self {
        let end = self.terminal_records().map(|record| record.event_outcome).next();
        assert!(end.is_none(), "expected no end, found {end:?}\n{}", self.log);
        self
    }

    /// Asserts that the terminal record of each of these calls holds `expected` at `pointer`, a JSON Pointer of RFC 6901
    /// into the payload.
    ///
    /// # Panics
    ///
    /// Where one does not, or none ended.
    #[track_caller]
    pub fn with_payload(self, pointer: &str, expected: impl Into<Value>) -> Self {
        let expected = expected.into();
        for record in self.terminal_records() {
            let payload = Value::Object(record.payload.clone());
            let found = payload.pointer(pointer);
            assert!(
                found == Some(&expected),
                "expected {expected} at {pointer:?}, found {found:?}\n{}",
                self.log
            );
        }
        assert!(self.terminal_records().next().is_some(), "no end was found\n{}", self.log);
        self
    }

    fn terminal_records(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.event_outcome.is_terminal())
    }
}
