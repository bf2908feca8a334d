//! How much a program wants to read.

use std::str::FromStr;

/// How much a program wants to read. Fields may be gated to some of these; see `docs/CONVENTION.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verbosity {
    /// As little as can be.
    Minimal,
    /// What is usual.
    #[default]
    Normal,
    /// Everything.
    Maximum,
}

impl Verbosity {
    /// Every verbosity, the least first.
    pub const ALL: [Self; 3] = [Self::Minimal, Self::Normal, Self::Maximum];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Normal => "normal",
            Self::Maximum => "maximum",
        }
    }
}

impl FromStr for Verbosity {
    type Err = UnknownVerbosity;

    fn from_str(text: &str) -> Result<Self, UnknownVerbosity> {
        Self::ALL.into_iter().find(|verbosity| verbosity.as_str() == text).ok_or(UnknownVerbosity)
    }
}

/// A text that is no verbosity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownVerbosity;

impl std::fmt::Display for UnknownVerbosity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a verbosity is `minimal`, `normal` or `maximum`")
    }
}

impl std::error::Error for UnknownVerbosity {}

/// The verbosities at which a field appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gate(u8);

impl Gate {
    pub(crate) const OPEN: Self = Self(0b111);

    /// The gate that a field's name says, and the name behind it: `invocation.at.normal+maximum.size`.
    pub(crate) fn of(name: &str) -> (Self, &str) {
        let gated = name.strip_prefix(crate::convention::field::GATE_PREFIX);
        let Some((words, behind)) = gated.and_then(|gated| gated.split_once('.')) else {
            return (Self::OPEN, name);
        };
        let bits = words
            .split('+')
            .map(|word| word.parse().map(|verbosity: Verbosity| 1 << verbosity as u8));
        match bits.collect::<Result<Vec<u8>, UnknownVerbosity>>() {
            Ok(bits) if !behind.is_empty() => {
                (Self(bits.into_iter().fold(0, |all, bit| all | bit)), behind)
            }
            // Not a gate: a field that nobody knows is context under its own name, so that it is not lost.
            _ => (Self::OPEN, name),
        }
    }

    pub(crate) fn lets_through(self, verbosity: Verbosity) -> bool {
        self.0 & 1 << verbosity as u8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_names_the_verbosities_at_which_a_field_appears() {
        let (gate, name) = Gate::of("invocation.at.normal+maximum.args.size");
        assert_eq!(name, "args.size");
        assert_eq!(
            Verbosity::ALL.map(|verbosity| gate.lets_through(verbosity)),
            [false, true, true]
        );
    }

    #[test]
    fn what_is_no_gate_is_a_name() {
        for name in
            ["size", "invocation.at.loud.size", "invocation.at.normal.", "invocation.at.normal"]
        {
            assert_eq!(Gate::of(name), (Gate::OPEN, name));
        }
    }
}
