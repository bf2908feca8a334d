//! Questions to functions of the program's own: policies, formatters, classifiers.

use std::cell::Cell;

use crate::payload::text::quietly;

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// The answer of a function of the program's own, or `None` where it panics.
///
/// What it opens on its own account is not recorded: the function would be asked about that, too, without end.
pub(crate) fn ask<T>(function: impl FnOnce() -> T) -> Option<T> {
    let outer = ASKING.replace(true);
    let answer = quietly(function);
    ASKING.set(outer);
    answer
}

/// Whether this thread is asking right now.
pub(crate) fn is_asking() -> bool {
    ASKING.get()
}
