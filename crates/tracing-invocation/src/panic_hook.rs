//! Keeps a panic hook in place that notes what panics say and flushes queues, in front of whatever hook there is.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::panicking;

use crate::panic_note;
use crate::sink::flush_on_panic;

/// Whether a [`Hook`] exists. A program that replaces the hook by its own drops ours, which is how this is noticed. One
/// that takes the hook and calls it from its own, or puts it back later, keeps it.
static EXISTS: AtomicBool = AtomicBool::new(false);

type Previous = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// Our hook, and the one that was there before.
struct Hook(Previous);

impl Hook {
    fn call(&self, info: &PanicHookInfo<'_>) {
        panic_note::begin(info);
        // The hooks before may end the process.
        flush_on_panic();
        (self.0)(info);
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        EXISTS.store(false, Ordering::Relaxed);
    }
}

/// Installs the hook, unless it exists. Called whenever a span opens, so that a layer brought by `reload` has the hook, and
/// so that a program that sets one of its own gets ours in front of it again.
#[inline]
pub(crate) fn keep() {
    if !EXISTS.load(Ordering::Relaxed) {
        install();
    }
}

#[cold]
#[inline(never)]
fn install() {
    // A thread that panics cannot set a hook; a later span does.
    if panicking() || EXISTS.swap(true, Ordering::Relaxed) {
        return;
    }
    let hook = Hook(panic::take_hook());
    panic::set_hook(Box::new(move |info| hook.call(info)));
}
