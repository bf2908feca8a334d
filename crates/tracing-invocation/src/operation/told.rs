//! Telling an error, or a cancellation, once: what nested operations know of one another's endings.

use std::hash::{DefaultHasher, Hasher as _};

use super::Failure;
use crate::convention::error;
use crate::record::Outcome;

/// What inner operations left for the case that this one ends as they did.
#[derive(Default)]
pub(super) struct Inner {
    /// The inner operation that reported a cancellation in full, and during which entry of this one.
    cancelled: Option<(u32, u64)>,
    /// The latest errors, what each counted as, and who reported it in full.
    errors: Vec<(Outcome, Fingerprint, u64)>,
}

/// What the operation that an ended one was begun in has to be told.
pub(crate) enum News {
    /// It returned an error, which counted as this.
    Error(Outcome, Fingerprint, u64),
    /// It was dropped.
    Cancelled(u64),
}

/// What an error is recognised by when an outer operation returns it too.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprint {
    /// `None` where the type is not known.
    kind: Option<u64>,
    /// `None` where the text is not known: that of a panic that went on by `resume_unwind`.
    message: Option<u64>,
    /// `None` where it is not known where it began, or it is no panic.
    location: Option<u64>,
}

impl Inner {
    /// How many errors of inner operations are remembered: the latest ones.
    const REMEMBERED_ERRORS: usize = 8;

    /// An inner operation ended, while its outer one was inside its span for the `during`th time, if it was.
    pub(super) fn hear(&mut self, news: News, during: Option<u32>) {
        match news {
            News::Error(outcome, fingerprint, reporter) => {
                if self.errors.len() == Self::REMEMBERED_ERRORS {
                    self.errors.remove(0);
                }
                self.errors.push((outcome, fingerprint, reporter));
            }
            News::Cancelled(reporter) => {
                if let Some(during) = during {
                    self.cancelled = Some((during, reporter));
                }
            }
        }
    }

    /// Who told in full of the same error, or of one that it was made from. An error that counted as something
    /// else inside is told again, as what it counts as here.
    pub(super) fn reporter_of(&self, outcome: Outcome, failure: &Failure) -> Option<u64> {
        if self.errors.is_empty() {
            return None;
        }
        let fingerprint = Fingerprint::of(failure);
        let same = |(counted_as, known, _): &&(Outcome, Fingerprint, u64)| {
            let is_cause =
                || known.message.is_some_and(|message| failure.causes.contains(&message));
            *counted_as == outcome && (known.is_same(&fingerprint) || is_cause())
        };
        self.errors.iter().rfind(same).map(|(.., reporter)| *reporter)
    }

    /// Who reported the cancellation that ended an operation entered `entered` times. A span that was entered
    /// only once was synchronous, and is never dropped along with an inner one.
    pub(super) fn reporter_during(&self, entered: u32) -> Option<u64> {
        let (during, reporter) = self.cancelled?;
        (during == entered && entered > 1).then_some(reporter)
    }
}

/// The message of a panic whose message is not known, as a JSON text.
const SILENT_PANIC: &[u8] = b"\"panicked\"";

impl Fingerprint {
    pub(super) fn of(failure: &Failure) -> Self {
        let is_opaque = *failure.kind == *error::TYPE_OPAQUE;
        let is_silent = *failure.kind == *error::TYPE_PANIC && *failure.message == *SILENT_PANIC;
        Self {
            kind: (!is_opaque).then(|| failure.kind.fingerprint()),
            message: (!is_silent).then(|| fingerprint(&failure.message)),
            location: failure.location,
        }
    }

    /// Whether two failures are the same as far as is known of both. Of two that are nearly unknown nothing is said.
    fn is_same(&self, other: &Self) -> bool {
        let agree =
            |one: Option<u64>, other: Option<u64>| one == other || one.is_none() || other.is_none();
        let kinds = agree(self.kind, other.kind);
        let messages = agree(self.message, other.message);
        let something = self.kind == other.kind || self.message == other.message;
        kinds && messages && agree(self.location, other.location) && something
    }
}

/// What a text is recognised by: for a message, the JSON text with its quotes.
pub(crate) fn fingerprint(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::{Ending, How};
    use super::*;
    use crate::panic_note::Words;
    use crate::payload::Rules;

    #[test]
    fn a_panic_without_a_message_is_silent() {
        assert_eq!(panicked(None, None).message, None);
        assert!(panicked(None, None).is_same(&panicked(Some("boom"), Some("a.rs:1:1"))));
        assert!(!panicked(Some("bang"), None).is_same(&panicked(Some("boom"), None)));
    }

    #[test]
    fn panics_that_began_in_two_places_are_two() {
        let (here, there) = (Some("a.rs:1:1"), Some("b.rs:1:1"));
        assert!(panicked(Some("boom"), here).is_same(&panicked(Some("boom"), here)));
        assert!(panicked(Some("boom"), here).is_same(&panicked(Some("boom"), None)));
        assert!(!panicked(Some("boom"), here).is_same(&panicked(Some("boom"), there)));
        assert!(!panicked(None, here).is_same(&panicked(None, there)));
    }

    fn panicked(message: Option<&str>, location: Option<&str>) -> Fingerprint {
        let words = Words { message: message.map(Box::from), location: location.map(Box::from) };
        match Ending::panicked(&words, Rules::standard()).how {
            How::Failed(failure, _) => Fingerprint::of(&failure),
            other => unreachable!("{other:?}"),
        }
    }
}
