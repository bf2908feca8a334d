//! What a panic said.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use super::handover;
use crate::operation::Ending;
use crate::sink::flush_on_panic;

thread_local! {
    /// How many panics began on this thread, and the message of the latest.
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static MESSAGE: RefCell<Option<Box<str>>> = const { RefCell::new(None) };
}

/// Notes what panics say from now on, in front of whatever hook there is. Once for the process.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    if std::thread::panicking() {
        // A hook cannot be set now.
        return;
    }
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            note(info);
            // What the hooks before may do is end the process.
            flush_on_panic();
            previous(info);
        }));
    });
}

fn note(info: &PanicHookInfo<'_>) {
    COUNT.set(COUNT.get() + 1);
    let message = message_of(info.payload()).map(Box::from);
    let _ = MESSAGE.try_with(|place| place.replace(message));
}

/// The state of a thread when something began on it, by which a panic of that something is told from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    panicking: bool,
    panics: u64,
}

impl Began {
    pub(crate) fn now() -> Self {
        Self { panicking: std::thread::panicking(), panics: COUNT.get() }
    }

    /// The ending by the panic that began since and unwinds this thread.
    ///
    /// The message of a panic that began before, was caught and goes on (`resume_unwind`) is not known.
    pub(crate) fn panic_since(self) -> Option<Ending> {
        if self.panicking || !std::thread::panicking() {
            return None;
        }
        let message = || MESSAGE.try_with(|place| place.borrow().clone()).ok().flatten();
        let message =
            Some(self).filter(|began| began.panics != COUNT.get()).and_then(|_| message());
        Some(Ending::panicked(message.as_deref(), &handover::rules()))
    }
}

/// The message of a panic's payload, where it is a text.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
