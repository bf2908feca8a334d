//! Checks the lines of one worker thread.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use serde::Deserialize as _;
use serde_json::Value;
use tracing_invocation::convention::{delivery, key};
use tracing_invocation::{Outcome, Record};

use super::found::{Found, Spot, What};
use super::lives::{Lives, Moment, Step};
use super::{Rules, Schema};
use crate::input::{Place, Reading};
use crate::line::{self, Kind, Parsed, Why};
use crate::model;

/// Checks each line on its own, and passes beginnings and ends on to the [`Lives`] that all threads share.
///
/// Steps collect in `steps` and move to the shared map once per block, so that threads rarely wait for its lock.
pub(super) struct Checker<'a> {
    rules: Rules,
    schema: &'a Schema,
    lives: &'a Mutex<Lives>,
    steps: Vec<Step>,
    names: HashSet<Arc<str>, RandomState>,
    pub(super) found: Found,
    pub(super) records: u64,
    /// How many records are missing, according to the log.
    pub(super) lost: u64,
}

impl<'a> Checker<'a> {
    pub(super) fn new(rules: Rules, schema: &'a Schema, lives: &'a Mutex<Lives>) -> Self {
        Self {
            rules,
            schema,
            lives,
            steps: Vec::new(),
            names: HashSet::default(),
            found: Found::new(rules.first),
            records: 0,
            lost: 0,
        }
    }

    fn record(&mut self, at: Spot, record: &Value) {
        self.records += 1;
        let text = |key| record.get(key).and_then(Value::as_str);
        let time = text(key::TIMESTAMP).and_then(|text| humantime::parse_rfc3339(text).ok());
        // The schema cannot express these: dates that do not exist, and numbers that exceed a `u64`.
        let is_readable =
            || time.is_some() && record.get(key::DURATION_NS).is_none_or(Value::is_u64);
        if !self.schema.is_satisfied(record) {
            self.found.add_described(at, What::Schema, || self.schema.violations(record));
        } else if !is_readable() {
            let error = || Record::deserialize(record).err().map(|error| error.to_string());
            self.found.add_described(at, What::Invalid, || error().unwrap_or_default());
        }
        let (namespace, name) = (text(key::EVENT_NAMESPACE), text(key::EVENT_NAME));
        if (namespace, name) == (Some(delivery::NAMESPACE), Some(delivery::NAME)) {
            // This record reports lost records. By convention it is an end without a beginning.
            let record = Record::deserialize(record).ok();
            let lost = record.as_ref().and_then(model::lost).unwrap_or_default();
            self.lost = self.lost.saturating_add(lost);
            return;
        }
        // Even a record with problems counts as a beginning or an end. Otherwise one problem would cause a second
        // report, of a missing end.
        let outcome = record.get(key::EVENT_OUTCOME);
        let outcome = outcome.and_then(|word| Outcome::deserialize(word).ok());
        let (trace_id, span_id) = (text(key::TRACE_ID), text(key::SPAN_ID));
        let ids = trace_id
            .zip(span_id)
            .and_then(|(trace_id, span_id)| Some((trace_id.parse().ok()?, span_id.parse().ok()?)));
        let (Some(outcome), Some(key)) = (outcome, ids) else { return };
        if outcome == Outcome::Slow {
            return;
        }
        let name = self.name(name.unwrap_or_default());
        let moment = Moment::new(at, time);
        self.steps.push(Step { key, name, is_end: outcome != Outcome::Invoke, moment });
    }

    /// Returns the one shared copy of a name.
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }
}

impl Reading for Checker<'_> {
    fn line(&mut self, at: Place, line: &[u8]) -> Kind {
        let spot = Spot::of(at);
        let (objects, why) = match line::objects(line) {
            Parsed::Blank => return Kind::Blank,
            Parsed::Objects(objects, why) => (objects, why),
        };
        objects.iter().for_each(|object| self.record(spot, object));
        match why {
            None => return Kind::Records(objects.len()),
            Some(Why::Torn) => self.found.add(spot, What::Torn),
            Some(Why::TooLong) => self.found.add(spot, What::TooLong),
            Some(Why::Invalid) => self.found.add(spot, What::Invalid(String::new())),
            Some(Why::Foreign) if self.rules.strict => self.found.add(spot, What::Foreign),
            Some(Why::Foreign) => {}
        }
        why.map_or(Kind::Blank, |why| Kind::Skipped(why, objects.len()))
    }

    fn pause(&mut self) {
        let mut lives = self.lives.lock().unwrap_or_else(PoisonError::into_inner);
        self.steps.drain(..).for_each(|step| lives.add(step));
    }
}
