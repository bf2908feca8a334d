//! How much of a value is written.

/// How much of a value, and of a record, is written. What is left out is visible: a text ends in `...`, a list in
/// `... (3 more)`, an object in `"__more__": "3 more keys"`, a record has `payload_truncated`.
///
/// ```
/// use tracing_invocation::{Limits, Settings};
///
/// let settings = Settings::default().with_limits(Limits { text: 80, ..Limits::RSYSLOG });
/// # drop(settings);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters of one text; the rest is cut.
    pub text: usize,
    /// Characters of an error's message, and of each of its causes.
    pub message: usize,
    /// How many causes of an error are written.
    pub causes: usize,
    /// Elements of one list, and members of one object; the rest is counted.
    pub items: usize,
    /// Lists and objects one inside the other; a deeper one is `<list>` or `<object>`.
    pub depth: usize,
    /// Bytes of one record, its newline included. Above it the payload shrinks, its largest values first, and the
    /// names last. Ids, levels and times always stay, so that a limit below some 700 may be exceeded.
    pub record: usize,
}

impl Limits {
    /// Texts of 200 characters, messages of 1,000, ten items, four levels, and records of 16,000 bytes, which fits
    /// the 16 KiB at which Docker and containerd split lines.
    pub const DEFAULT: Self =
        Self { text: 200, message: 1_000, causes: 10, items: 10, depth: 4, record: 16_000 };

    /// Records of 8,000 bytes, for rsyslog as it comes: its longest message has 8,096 bytes.
    pub const RSYSLOG: Self = Self { record: 8_000, ..Self::DEFAULT };

    /// Records of 4,096 bytes, for a pipe that several processes write to: Linux writes so much at once, unmixed.
    pub const PIPE: Self = Self { record: 4_096, ..Self::DEFAULT };

    /// Everything of a value; records and messages as before.
    pub(crate) const fn lifted(self) -> Self {
        Self { text: usize::MAX, items: usize::MAX, depth: 64, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
