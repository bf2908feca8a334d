//! Telling an operation's own panic from somebody else's.
//!
//! `std::thread::panicking()` is also true while another's unwinding drops a future. A panic is an operation's
//! own when it unwinds through a poll or body of it: entered while not panicking, left while panicking.

use std::cell::{Cell, RefCell};
use std::thread::panicking;

use crate::panic_note;

thread_local! {
    /// Spans entered on this thread while it was panicking, and not left since.
    static ENTERED_PANICKING: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    static ANY: Cell<bool> = const { Cell::new(false) };
}

/// A span was entered.
pub(super) fn entered(key: u64) {
    if !panicking() {
        panic_note::none_unwinds();
    } else {
        let noted = ENTERED_PANICKING.try_with(|entered| entered.borrow_mut().push(key));
        ANY.set(noted.is_ok());
    }
}

/// A span was left. Whether a panic that began inside it is on its way out.
pub(super) fn left_by_panic(key: u64) -> bool {
    let panicking = panicking();
    if !panicking {
        panic_note::none_unwinds();
    }
    if !ANY.get() {
        return panicking;
    }
    let entered_panicking = ENTERED_PANICKING.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        let latest = entered.iter().rposition(|&entered| entered == key);
        latest.map(|at| entered.remove(at));
        ANY.set(!entered.is_empty());
        latest.is_some()
    });
    panicking && entered_panicking == Ok(false)
}
