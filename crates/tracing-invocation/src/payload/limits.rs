//! How much of a value is written.

/// How much of a value, and of a record, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Characters of one text; the rest is cut.
    pub(crate) text: usize,
    /// Bytes of one record, its newline included; above it the payload shrinks.
    pub(crate) record: usize,
}

impl Limits {
    pub(crate) const DEFAULT: Self = Self {
        text: 200,
        record: 16_000,
    };
}
