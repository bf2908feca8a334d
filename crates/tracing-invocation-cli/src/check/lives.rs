//! Beginnings and ends, exactly one of each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use foldhash::fast::RandomState;

use super::Rules;
use super::found::{Found, Key, Spot, What};

/// When a record was made, in microseconds since the epoch, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Spot,
    /// `None` where the record does not say.
    micros: Option<std::num::NonZero<u64>>,
}

impl Moment {
    pub(super) fn new(at: Spot, time: Option<SystemTime>) -> Self {
        let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let micros = since.and_then(|since| u64::try_from(since.as_micros()).ok());
        Self { at, micros: micros.and_then(std::num::NonZero::new) }
    }
}

/// A beginning or an end, on its way to where all are.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) key: Key,
    pub(super) name: Arc<str>,
    pub(super) is_end: bool,
    pub(super) moment: Moment,
}

/// What is known of an operation: its first beginning and its first end in the log.
#[derive(Clone, Copy, Debug)]
struct Life {
    begun: Option<Moment>,
    ended: Option<Moment>,
    name: u32,
}

/// Every operation of a log.
///
/// What is found does not depend on the order in which steps come, so that threads may add theirs whenever they are.
#[derive(Debug)]
pub(super) struct Lives {
    lives: HashMap<Key, Life, RandomState>,
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32, RandomState>,
    found: Found,
}

impl Lives {
    pub(super) fn new(first: usize) -> Self {
        Self {
            lives: HashMap::default(),
            names: Vec::new(),
            numbers: HashMap::default(),
            found: Found::new(first),
        }
    }

    /// How many operations there are.
    pub(super) fn count(&self) -> usize {
        self.lives.len()
    }

    pub(super) fn add(&mut self, step: Step) {
        let Step { key, name, is_end, moment } = step;
        let life = match self.lives.get_mut(&key) {
            Some(life) => life,
            None => {
                let name = number(&mut self.numbers, &mut self.names, name);
                self.lives.entry(key).or_insert(Life { begun: None, ended: None, name })
            }
        };
        let known = if is_end { &mut life.ended } else { &mut life.begun };
        let Some(first) = known else {
            *known = Some(moment);
            return;
        };
        // The one that stands first in the log is right, whichever was read first.
        let mut second = moment;
        if second.at < first.at {
            std::mem::swap(first, &mut second);
        }
        let what = if is_end { What::SecondEnd } else { What::SecondBeginning };
        self.found.add(second.at, what(key));
    }

    /// Tells what the whole log shows, and returns how many beginnings have no end and how many ends no beginning.
    pub(super) fn finish(&mut self, rules: Rules, found: &mut Found) -> (u64, u64) {
        found.absorb(std::mem::replace(&mut self.found, Found::new(0)));
        let (mut open, mut unbegun) = (0, 0);
        for (key, life) in &self.lives {
            match (life.begun, life.ended) {
                (Some(begun), None) => {
                    open += 1;
                    if !rules.allow_open {
                        found.add(begun.at, What::NoEnd(*key));
                    }
                }
                (None, Some(ended)) => {
                    unbegun += 1;
                    if rules.strict {
                        found.add(ended.at, What::NoBeginning(*key));
                    }
                }
                (Some(begun), Some(ended)) => {
                    let times = ended.micros.zip(begun.micros);
                    if times.is_some_and(|(ended, begun)| ended < begun) {
                        found.add(ended.at, What::EndBeforeBeginning(*key));
                    }
                }
                (None, None) => {}
            }
        }
        (open, unbegun)
    }

    /// What an operation is called, and where it begins and ends.
    pub(super) fn of(&self, key: &Key) -> Option<(&str, Option<Spot>, Option<Spot>)> {
        let life = self.lives.get(key)?;
        let name = self.names.get(life.name as usize)?;
        let at = |moment: Option<Moment>| moment.map(|moment| moment.at);
        Some((name, at(life.begun), at(life.ended)))
    }
}

/// The number of a name, of which there is one copy however often it comes.
fn number(
    numbers: &mut HashMap<Arc<str>, u32, RandomState>,
    names: &mut Vec<Arc<str>>,
    name: Arc<str>,
) -> u32 {
    *numbers.entry(name).or_insert_with_key(|name| {
        names.push(Arc::clone(name));
        u32::try_from(names.len() - 1).unwrap_or(u32::MAX)
    })
}
