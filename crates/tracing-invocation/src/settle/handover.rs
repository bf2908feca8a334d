//! What a wrapper tells the layers, carried by callbacks that happen anyway.
//!
//! A wrapper enters and leaves its span around everything it does. It puts what it knows here right before, and the
//! layers that are called back on the same thread find it: any number of them, in any composition, and no other
//! layer sees a difference.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};
use std::task::Context;

use tracing::Span;
use tracing::span::Entered;

use crate::operation::Ending;
use crate::payload::Rules;
use crate::record::OwnLevels;
use crate::settle::reason::{self, Around};
use crate::stack::noting::{self, Noting};
use crate::stack::polling;

thread_local! {
    /// The wrapper that is entering the span with this id.
    static WRAPPER: Cell<Option<(u64, Wrapper)>> = const { Cell::new(None) };
    /// What values are written by, under the settings of this epoch.
    static RULES: RefCell<Option<(u64, Rules)>> = const { RefCell::new(None) };
    /// The span that a wrapper enters only to begin or to end its operation, or zero.
    static ASIDE: Cell<u64> = const { Cell::new(0) };
    static ENDING: RefCell<Option<Ending>> = const { RefCell::new(None) };
    /// The span that the ending is of, or zero: looked at by every exit, so kept apart and small.
    static ENDED: Cell<u64> = const { Cell::new(0) };
    /// Whether a layer wants to know where the operation waits whose span is being entered.
    static AWAITS: Cell<bool> = const { Cell::new(false) };
    /// What notes where the operation waits that was polled last, and its span.
    static NOTED: RefCell<Option<(u64, Weak<Noting>)>> = const { RefCell::new(None) };
}

/// What a wrapper says of its operation when it enters the span.
#[derive(Clone, Copy)]
pub(crate) struct Wrapper {
    /// The level of each outcome, where the operation has its own.
    pub(crate) levels: Option<&'static OwnLevels>,
}

/// Runs `inside` in the span, whose operation has `levels` of its own if this is its first entry, and settles the
/// operation if `inside` answers how it ended.
pub(crate) fn in_span<T>(
    span: &Span,
    levels: Option<&'static OwnLevels>,
    inside: impl FnOnce() -> (T, Option<Ending>),
) -> T {
    run_in(span, key_of(span), levels, inside)
}

/// As [`in_span`], where the operation does not run: it begins, or ends.
pub(crate) fn in_span_aside<T>(span: &Span, inside: impl FnOnce() -> (T, Option<Ending>)) -> T {
    let key = key_of(span);
    let outer = ASIDE.replace(key);
    run_in(span, key, None, || {
        ASIDE.set(outer);
        inside()
    })
}

/// Whether the operation runs whose span is being entered.
pub(crate) fn is_poll(key: u64) -> bool {
    ASIDE.get() != key
}

fn key_of(span: &Span) -> u64 {
    span.id().map_or(0, |id| id.into_u64())
}

#[inline(always)]
fn run_in<T>(
    span: &Span,
    key: u64,
    levels: Option<&'static OwnLevels>,
    inside: impl FnOnce() -> (T, Option<Ending>),
) -> T {
    // A layer that is called back may run code of the program, a writer, which gets here again. What it finds it
    // leaves as it was, for the layers that are called back after it.
    let outer = WRAPPER.replace(Some((key, Wrapper { levels })));
    let entered = span.enter();
    WRAPPER.set(outer);
    let (value, ending) = inside();
    match ending {
        Some(ending) => leave(entered, key, ending),
        None => drop(entered),
    }
    if noting::is_wanted() {
        let _ = NOTED.try_with(RefCell::take);
    }
    value
}

fn leave(entered: Entered<'_>, key: u64, ending: Ending) {
    // A thread that is ending has no place for it any more; its operations stay without an end.
    let Ok(outer) = ENDING.try_with(|place| place.replace(Some(ending))) else {
        return;
    };
    let outer_key = ENDED.replace(key);
    drop(entered);
    ENDED.set(outer_key);
    let _ = ENDING.try_with(|place| place.replace(outer));
}

/// A layer that wants to know where operations wait was told that a span is entered.
pub(crate) fn want_awaiting() {
    AWAITS.set(true);
}

/// Polls what is inside an operation's span, and has noted where it registers to be woken if a layer wants to know that.
#[inline]
pub(crate) fn noted<T>(
    span: &Span,
    noting: &mut Option<Arc<Noting>>,
    context: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> T,
) -> T {
    if !noting::is_wanted() {
        return poll(context);
    }
    // Said by the layers that were called back when the span was entered.
    if !AWAITS.take() {
        *noting = None;
        return poll(context);
    }
    let polled = polling::inside(noting, context, poll);
    let noted = noting.as_ref().map(|noting| (key_of(span), Arc::downgrade(noting)));
    let _ = NOTED.try_with(|place| place.replace(noted));
    polled
}

/// What notes where the operation waits whose span is being left after a poll. Not kept alive by the layers: with it goes
/// a waker, which may be anything.
pub(crate) fn noting(key: u64) -> Option<Weak<Noting>> {
    if !noting::is_wanted() {
        return None;
    }
    let noted = |place: &RefCell<Option<(u64, Weak<Noting>)>>| {
        place.borrow().as_ref().filter(|(of, _)| *of == key).map(|(_, noting)| Weak::clone(noting))
    };
    NOTED.try_with(noted).ok().flatten()
}

/// Drops what is inside the operation of this span: what that cancels is cancelled by it.
pub(crate) fn dropping(span: &Span, inside: impl FnOnce()) {
    match span.id() {
        Some(id) => reason::around(Around::Dropping(id.into_u64()), inside),
        None => inside(),
    }
}

/// Returns the wrapper that is entering this span, unless something else enters it.
pub(crate) fn wrapper(key: u64) -> Option<Wrapper> {
    WRAPPER.get().filter(|(of, _)| *of == key).map(|(_, wrapper)| wrapper)
}

/// How the operation ended whose span is being left.
pub(crate) fn ending(key: u64) -> Option<Ending> {
    if ENDED.get() != key {
        return None;
    }
    ENDING.try_with(|place| place.borrow().clone()).ok().flatten()
}

/// A span was entered in a layer with these rules, which are those of this epoch.
pub(crate) fn entered_under(rules: &Rules, epoch: u64) {
    let _ = RULES.try_with(|place| {
        let mut place = place.borrow_mut();
        if place.as_ref().is_none_or(|(known, _)| *known != epoch) {
            *place = Some((epoch, rules.clone()));
        }
    });
}

/// The epoch of the settings that [`rules`] come from.
pub(crate) fn epoch() -> Option<u64> {
    RULES.try_with(|place| place.borrow().as_ref().map(|(epoch, _)| *epoch)).ok().flatten()
}

/// The rules of the layer that this thread entered a span in last: what a wrapper writes values by.
pub(crate) fn rules() -> Rules {
    let entered = RULES.try_with(|place| place.borrow().as_ref().map(|(_, rules)| rules.clone()));
    entered.ok().flatten().unwrap_or_else(|| Rules::standard().clone())
}
