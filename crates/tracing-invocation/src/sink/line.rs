//! A finished record, as sinks are given it.

use std::fmt;

use crate::record::{Level, Outcome, Record};

/// A finished record on its way out.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    level: Level,
    outcome: Outcome,
    native: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> Line<'a> {
    /// A record in the native wire format, newline included.
    pub(crate) fn native(level: Level, outcome: Outcome, native: &'a [u8]) -> Self {
        Self { level, outcome, native, bytes: native }
    }

    /// The same record, as an output's format writes it.
    pub(crate) fn formatted(self, bytes: &'a [u8]) -> Self {
        Self { bytes, ..self }
    }

    /// The record's severity.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// What happened.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What is to be written: the record in the output's format, its newline included.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The record as data. This reads the native line, whatever the output's format.
    ///
    /// # Errors
    ///
    /// None is known: what the layer writes, this reads.
    pub fn record(&self) -> Result<Record, serde_json::Error> {
        serde_json::from_slice(self.native)
    }
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(String::from_utf8_lossy(self.bytes).trim_end())
    }
}
