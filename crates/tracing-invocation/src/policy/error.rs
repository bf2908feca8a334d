//! A policy that cannot be meant.

use std::fmt;

use super::dimension::Dimension;
use super::glob::Backwards;

/// Rules that cannot be meant: a pattern that is empty or can match nothing.
///
/// It says which rule, counted from 1, which of its patterns, and what to write instead.
///
/// ```
/// use tracing_invocation::{PatternPolicy, PolicyRule};
///
/// let rules = [PolicyRule::allow(), PolicyRule::deny().with_event_names(["run", ""])];
/// let error = PatternPolicy::new(rules).unwrap_err();
///
/// assert!(error.to_string().starts_with("rule 2, event_names: a pattern is empty"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPolicy {
    /// From 1.
    pub(super) rule: usize,
    pub(super) dimension: Dimension,
    pub(super) fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Empty,
    Backwards { pattern: String, range: Backwards },
}

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.dimension.key();
        write!(f, "rule {}, {key}: ", self.rule)?;
        match &self.fault {
            Fault::Empty => write!(
                f,
                "a pattern is empty: write \"*\" where any text will do, or take it out; a rule without {key} does \
                 not ask for any"
            ),
            Fault::Backwards { pattern, range: Backwards { from, to } } => write!(
                f,
                "in {pattern:?} the range {from}-{to} is backwards and holds nothing: write {to}-{from}, or \
                 put the - first, as in [-{from}{to}], where it is meant as a character"
            ),
        }
    }
}

impl std::error::Error for InvalidPolicy {}
