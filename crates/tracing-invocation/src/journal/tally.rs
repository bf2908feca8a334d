//! How many records there were.

use crate::sums::Sums;

/// How many records were made, and how many of them were shrunk.
#[derive(Debug, Default)]
pub(crate) struct Tally(Sums<2>);

impl Tally {
    #[inline]
    pub(super) fn count(&self, is_truncated: bool) {
        self.0.add([1, u64::from(is_truncated)]);
    }

    pub(crate) fn read(&self) -> (u64, u64) {
        self.0.read().into()
    }
}
