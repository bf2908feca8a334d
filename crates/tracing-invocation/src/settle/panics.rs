//! Panics, as those see them who end by one.

use std::panic;
use std::sync::Once;
use std::thread::panicking;

use super::handover;
use crate::operation::Ending;
use crate::panic_note;
use crate::sink::flush_on_panic;

/// Notes what panics say from now on, in front of whatever hook there is. Once for the process.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    if panicking() {
        // A hook cannot be set now.
        return;
    }
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            panic_note::begin(info);
            // What the hooks before may do is end the process.
            flush_on_panic();
            previous(info);
        }));
    });
}

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
