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
    /// Characters of one text; the rest is cut. Names, namespaces and entity ids are no values: 200 characters of each are
    /// written, whatever this says.
    pub text: usize,
    /// Characters of an error's message, and of each of its causes.
    pub message: usize,
    /// How many causes of an error are written.
    pub causes: usize,
    /// Elements of one list, and members of one object; the rest is counted.
    pub items: usize,
    /// Lists and objects one inside the other; a deeper one is `<list>` or `<object>`. More than 64 count as 64, so that
    /// readers of JSON, which have limits of their own, can read every line.
    pub depth: usize,
    /// Bytes of one record, its newline included. Above it the payload shrinks, its largest values first, and the
    /// names last. Ids, levels and times always stay, so that fewer than 700 count as 700.
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

    /// Lists and objects that are written one inside the other, whatever [`depth`](Self::depth) says: `serde_json` reads
    /// 128, and a record is up to five of them itself.
    pub(crate) const MAX_DEPTH: usize = 64;

    /// Bytes that every record has room in.
    pub(crate) const MIN_RECORD: usize = 700;

    /// Characters of a name, a namespace or an entity id: they are no values, and [`text`](Self::text) does not cut them.
    pub(crate) const IDENTITY: usize = 200;

    /// Bytes of one record, as they are in force.
    pub(crate) fn record_bytes(&self) -> usize {
        self.record.max(Self::MIN_RECORD)
    }

    /// Everything of a value; records and messages as before.
    pub(crate) const fn lifted(self) -> Self {
        Self { text: usize::MAX, items: usize::MAX, depth: Self::MAX_DEPTH, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
