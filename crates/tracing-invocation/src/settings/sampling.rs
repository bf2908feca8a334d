//! Keeping some of the calls that succeed.

use std::fmt;

use crate::payload::{Limits, text};

/// How many of the calls that succeed are kept: whole trees or none.
///
/// The outermost operation of a tree decides by its event name, and by its `trace_id`, which is random. What is inside
/// follows it. A failure or cancellation is always kept, with its
/// `invoke` before it, written late where the tree was not kept.
///
/// ```
/// use tracing_invocation::Sampling;
///
/// let sampling = Sampling::default().keep_one_in(100, "health.check")?.keep_one_in_of_others(10)?;
/// # Ok::<(), tracing_invocation::InvalidSampling>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a sampling changes nothing until settings have it"]
pub struct Sampling {
    /// Event names as they stand in a record, quotes included.
    named: Vec<(Vec<u8>, u64)>,
    others: Option<u64>,
}

impl Sampling {
    /// Keeps one in `n` of the trees whose outermost operation has this event name.
    ///
    /// # Errors
    ///
    /// Where `n` is zero, or the name has a number already.
    pub fn keep_one_in(mut self, n: u64, event_name: &str) -> Result<Self, InvalidSampling> {
        let invalid = |reason| InvalidSampling { event_name: Some(event_name.to_owned()), reason };
        if n == 0 {
            return Err(invalid(Reason::Zero));
        }
        let mut quoted = Vec::new();
        text::push_name(&mut quoted, event_name, Limits::DEFAULT.text);
        if self.named.iter().any(|(known, _)| *known == quoted) {
            return Err(invalid(Reason::Repeated));
        }
        self.named.push((quoted, n));
        Ok(self)
    }

    /// Keeps one in `n` of all other trees.
    ///
    /// # Errors
    ///
    /// Where `n` is zero.
    pub fn keep_one_in_of_others(self, n: u64) -> Result<Self, InvalidSampling> {
        if n == 0 {
            return Err(InvalidSampling { event_name: None, reason: Reason::Zero });
        }
        Ok(Self { others: Some(n), ..self })
    }

    /// Whether everything is kept.
    pub(crate) fn keeps_all(&self) -> bool {
        self.named.is_empty() && self.others.is_none()
    }

    /// Whether the tree is kept whose outermost operation has this name, a JSON text with its quotes.
    pub(crate) fn keeps(&self, quoted_name: &[u8], trace_id: u128) -> bool {
        let named = self.named.iter().find(|(name, _)| name == quoted_name).map(|(_, n)| *n);
        let n = named.or(self.others).unwrap_or(1);
        // The low half of a random id; W3C Trace Context asks for randomness in the low 56 bits.
        (trace_id as u64).is_multiple_of(n)
    }
}

/// A sampling that says nothing sensible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSampling {
    event_name: Option<String>,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Zero,
    Repeated,
}

impl fmt::Display for InvalidSampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.event_name {
            Some(name) => write!(f, "sampling of {name:?}: ")?,
            None => f.write_str("sampling of others: ")?,
        }
        f.write_str(match self.reason {
            Reason::Zero => {
                "one in zero is nothing; write 1 to keep all, or refuse the calls by a policy"
            }
            Reason::Repeated => "the name has a number already; name it once",
        })
    }
}

impl std::error::Error for InvalidSampling {}
