//! Verifies that every operation has exactly one beginning and one end.
//!
//! Worker threads read blocks of lines in no fixed order, so the steps of an operation may arrive in any order, too.
//! Positions in the log decide which of two beginnings (or ends) is the duplicate, and whether one is missing is decided
//! only in [`Lives::finish`], once every line was read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use foldhash::fast::RandomState;

use super::Rules;
use super::found::{Found, Key, Spot, What};

/// The timestamp of a record, in microseconds since the epoch, and its position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Spot,
    /// `None` if the record has no valid timestamp. [`NonZero`](std::num::NonZero) makes the `None` free: there are two
    /// moments for each operation.
    micros: Option<std::num::NonZero<u64>>,
}

impl Moment {
    pub(super) fn new(at: Spot, time: Option<SystemTime>) -> Self {
        let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let micros = since.and_then(|since| u64::try_from(since.as_micros()).ok());
        Self { at, micros: micros.and_then(std::num::NonZero::new) }
    }
}

/// A beginning or an end that a thread has read and not yet added to [`Lives`].
#[derive(Debug)]
pub(super) struct Step {
    pub(super) key: Key,
    pub(super) name: Arc<str>,
    pub(super) is_end: bool,
    pub(super) moment: Moment,
}

/// The first beginning and the first end of an operation, in the order of the log.
#[derive(Clone, Copy, Debug)]
struct Life {
    begun: Option<Moment>,
    ended: Option<Moment>,
    name: u32,
}

/// All operations of a log.
///
/// The result does not depend on the order in which steps are added, so threads may add theirs at any time.
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

    /// Returns the number of operations.
    pub(super) fn count(&self) -> usize {
        self.lives.len()
    }

    /// Adds a step. A second beginning, or a second end, is recorded as a problem.
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
        // Of two, the one that comes first in the log stays, and the later one is the duplicate. Threads may add them
        // in the opposite order. Of three or more, every one but the first is reported exactly once, because each call
        // keeps the earlier of two and reports the later.
        let mut second = moment;
        if second.at < first.at {
            std::mem::swap(first, &mut second);
        }
        let what = if is_end { What::SecondEnd } else { What::SecondBeginning };
        self.found.add(second.at, what(key));
    }

    /// Adds the problems that only the whole log shows to `found`, together with those that [`add`](Self::add) recorded.
    ///
    /// Returns the number of beginnings without an end, and of ends without a beginning.
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

    /// Returns the name of an operation, and the positions of its beginning and its end.
    pub(super) fn of(&self, key: &Key) -> Option<(&str, Option<Spot>, Option<Spot>)> {
        let life = self.lives.get(key)?;
        let name = self.names.get(life.name as usize)?;
        let at = |moment: Option<Moment>| moment.map(|moment| moment.at);
        Some((name, at(life.begun), at(life.ended)))
    }
}

/// Returns the number of a name. Each name is stored once, and operations hold its number, which is smaller.
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
