//! When a file is rotated, and what becomes of it then.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::archive;

/// When a [`File`](super::File) is set aside, and how many of those are kept.
///
/// The file that is written keeps its name, `shop.jsonl`. One that is set aside has the moment of that behind its name,
/// in UTC: `shop.jsonl.2026-11-22T08-00-00.123456Z`, so that names sort by time, even where the clock was set back.
///
/// Without [`with_period`](Self::with_period) and [`with_max_bytes`](Self::with_max_bytes) it never comes due. With
/// both, whichever comes first.
///
/// Only one process should rotate a file. Where several do, no record is lost or torn, but files come out smaller and
/// more than they should. A process that is killed between the two steps of renaming leaves an empty file, which
/// counts as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a rotation does nothing until a file has it"]
pub struct Rotation {
    period: Option<Period>,
    max_bytes: Option<u64>,
    pub(super) kept: Option<usize>,
    pub(super) is_compressing: bool,
}

/// A span of time that one file holds the records of, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// From one full minute to the next.
    Minute,
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
}

impl Rotation {
    /// A rotation that never comes due, and keeps every file.
    pub fn new() -> Self {
        Self::default()
    }

    /// No file holds records of more than one period: the first record of another comes into a new file.
    ///
    /// A file of an earlier run is of the period in which it was modified last.
    pub fn with_period(mut self, period: Period) -> Self {
        self.period = Some(period);
        self
    }

    /// No file is larger than this, unless it holds a single record that is.
    pub fn with_max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(max_bytes);
        self
    }

    /// Keeps so many files that were set aside, the one that is written not counted, and removes the oldest. By
    /// default all are kept.
    ///
    /// A program that ends may leave more, uncompressed ones too, until the next one writes: see
    /// [`FileHandle::wait_until_tidy`](super::FileHandle::wait_until_tidy).
    ///
    /// Only files that are named as above are counted, and removed. Unless there is a thread that
    /// compresses, the one that writes removes them.
    pub fn with_kept(mut self, kept: usize) -> Self {
        self.kept = Some(kept);
        self
    }

    /// Compresses files that were set aside with gzip, on a thread of their own: `.gz` comes behind their names.
    ///
    /// A file is removed only when all of it is on the disk, compressed; until then, both are there for a moment. What is
    /// compressed so far stands in a hidden file whose name [`is_partial`](Self::is_partial) knows. A
    /// [`Guard`](crate::Guard) that ends the log gives up a compression that is going on, and removes that file.
    ///
    /// What a process that ended left uncompressed is compressed, and what it left in part is removed, when the next one
    /// writes its first record; [`FileHandle::wait_until_tidy`](super::FileHandle::wait_until_tidy) waits for it.
    ///
    /// Use it where no other process appends to the file: what that writes to one which was set aside may come too late.
    #[cfg(feature = "gzip")]
    pub fn with_gzip(mut self) -> Self {
        self.is_compressing = true;
        self
    }

    /// Returns `true` if a file of this name holds a part of what a rotated file beside it holds: it is being compressed,
    /// or a process that was killed left it. Whoever reads logs has to pass it over, or counts records twice.
    ///
    /// ```
    /// use tracing_invocation::sink::Rotation;
    ///
    /// assert!(!Rotation::is_partial("log/shop.jsonl.2026-11-22T08-00-00.123456Z.gz"));
    /// ```
    #[must_use]
    pub fn is_partial(path: impl AsRef<Path>) -> bool {
        archive::is_part(path.as_ref())
    }

    /// Whether a file of `len` bytes, written last at `written`, is set aside before `more` bytes are appended `now`.
    pub(super) fn is_due(
        &self,
        len: u64,
        more: usize,
        written: SystemTime,
        now: SystemTime,
    ) -> bool {
        let is_full = self.max_bytes.is_some_and(|max| len.saturating_add(more as u64) > max);
        let is_over = self.period.is_some_and(|period| period.number(written) < period.number(now));
        len > 0 && (is_full || is_over)
    }
}

impl Period {
    /// Which of its kind a moment is in.
    fn number(self, at: SystemTime) -> u64 {
        let seconds = match self {
            Self::Minute => 60,
            Self::Hour => 60 * 60,
            Self::Day => 24 * 60 * 60,
        };
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        since.as_secs() / seconds
    }
}
