//! Telling an error, or a cancellation, once: what nested operations know of one another's endings.

use std::sync::Arc;

use super::Failure;
use crate::record::Outcome;

/// What inner operations left for the case that this one ends as they did.
#[derive(Default)]
pub(super) struct Inner {
    /// The inner operation that reported a cancellation in full, and during which entry of this one.
    cancelled: Option<(u32, u64)>,
    /// The latest errors, the last one last.
    errors: Vec<Reported>,
}

/// An error of an inner operation: what it counted as there, and the operation that reported it in full.
struct Reported {
    outcome: Outcome,
    failure: Arc<Failure>,
    reporter: u64,
}

/// What the operation that an ended one was begun in has to be told.
pub(crate) enum News {
    /// It returned an error, which counted as this.
    Error(Outcome, Arc<Failure>, u64),
    /// It was dropped.
    Cancelled(u64),
}

impl Inner {
    /// How many errors of inner operations are remembered: the latest ones.
    const REMEMBERED_ERRORS: usize = 8;

    /// An inner operation ended, while its outer one was inside its span for the `during`th time, if it was.
    pub(super) fn hear(&mut self, news: News, during: Option<u32>) {
        match news {
            News::Error(outcome, failure, reporter) => {
                if self.errors.len() == Self::REMEMBERED_ERRORS {
                    self.errors.remove(0);
                }
                self.errors.push(Reported { outcome, failure, reporter });
            }
            News::Cancelled(reporter) => {
                if let Some(during) = during {
                    self.cancelled = Some((during, reporter));
                }
            }
        }
    }

    /// Returns the operation that reported the same error in full, or the one that this error was made from. Of several, the
    /// latest: an operation that tries again returns the error of its last attempt. An error that counted as something else
    /// inside is reported again, as what it counts as here.
    pub(super) fn reporter_of(&self, outcome: Outcome, failure: &Failure) -> Option<u64> {
        let latest = self.errors.len().checked_sub(1)?;
        let same = |(at, known): &(usize, &Reported)| {
            known.outcome == outcome && known.failure.is_origin_of(failure, *at == latest)
        };
        self.errors.iter().enumerate().rfind(same).map(|(_, known)| known.reporter)
    }

    /// Who reported the cancellation that ended an operation entered `entered` times. A span that was entered
    /// only once was synchronous, and is never dropped along with an inner one.
    pub(super) fn reporter_during(&self, entered: u32) -> Option<u64> {
        let (during, reporter) = self.cancelled?;
        (during == entered && entered > 1).then_some(reporter)
    }
}
