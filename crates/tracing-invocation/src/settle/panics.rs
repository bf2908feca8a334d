//! Panics, as those see them who end by one.

use std::thread::panicking;

use super::handover;
use crate::operation::Ending;
use crate::panic_note;

/// Whether a thread was panicking when something began on it, by which a panic of that something is told from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    panicking: bool,
}

impl Began {
    pub(crate) fn now() -> Self {
        Self { panicking: panicking() }
    }

    /// The ending by the panic that began since and unwinds this thread.
    ///
    /// The message of a panic that began before, was caught and goes on (`resume_unwind`) is not known.
    pub(crate) fn panic_since(self) -> Option<Ending> {
        let began_since = panicking() && !self.panicking;
        began_since.then(|| Ending::panicked(&panic_note::unwinding(), &handover::rules()))
    }
}
