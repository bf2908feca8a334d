//! How much of a value is written.

/// How much of a value, and of a record, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Characters of one text; the rest is cut.
    pub(crate) text: usize,
    /// Characters of an error's message, and of each of its causes.
    pub(crate) message: usize,
    /// How many causes of an error are written.
    pub(crate) causes: usize,
    /// Elements of one list, and members of one object; the rest is counted.
    pub(crate) items: usize,
    /// Lists and objects one inside the other; a deeper one is a mark.
    pub(crate) depth: usize,
    /// Bytes of one record, its newline included; above it the payload shrinks.
    pub(crate) record: usize,
}

impl Limits {
    pub(crate) const DEFAULT: Self =
        Self { text: 200, message: 1_000, causes: 10, items: 10, depth: 4, record: 16_000 };
}
