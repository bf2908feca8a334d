//! What a wrapper tells the layers, carried by callbacks that happen anyway.
//!
//! A wrapper enters and leaves its span around everything it does. It puts what it knows here right before, and the
//! layers that are called back on the same thread find it: any number of them, in any composition, and no other
//! layer sees a difference.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::Context;

use tracing::Span;

use crate::operation::{Ending, Key};
use crate::panic_note::Caught;
use crate::payload::Rules;
use crate::record::OwnLevels;
use crate::settle::reason::{self, Around};
use crate::stack::noting::{self, Noting};
use crate::stack::polling;

thread_local! {
    /// What a wrapper says while it enters or leaves its span.
    static HANDED: Cell<Handed> = const { Cell::new(Handed::NOTHING) };
    /// How the operation ended whose span is being left. Never dropped, so that it is there for as long as the thread is.
    static ENDING: Cell<ManuallyDrop<Option<Ending>>> = const { Cell::new(ManuallyDrop::new(None)) };
    /// What values are written by, under the settings of this epoch.
    static RULES: RefCell<Option<(u64, Rules)>> = const { RefCell::new(None) };
    /// Whether a layer wants to know where the operation waits whose span is being entered.
    static AWAITS: Cell<bool> = const { Cell::new(false) };
    /// What notes where the operation waits that was polled last, and its wrapper's number.
    static NOTED: RefCell<Option<(u64, Weak<Noting>)>> = const { RefCell::new(None) };
}

/// What a wrapper says while it enters or leaves its span.
#[derive(Clone, Copy)]
struct Handed {
    key: Key,
    /// The levels of the operation, if it has its own: said when its span is entered.
    levels: Option<&'static OwnLevels>,
    /// Whether the span is entered only to begin or to end the operation.
    is_aside: bool,
    /// Whether the operation ends: said when its span is left.
    is_end: bool,
}

impl Handed {
    const NOTHING: Self =
        Self { key: Key { span: 0, wrapper: 0 }, levels: None, is_aside: false, is_end: false };
}

/// The number of a wrapper, by which layers know its operation whatever becomes of the id of its span. No other wrapper of
/// this process has it. The wrapper of a span that is disabled has zero.
#[derive(Clone, Copy, Debug)]
pub struct Number(u64);

impl Number {
    pub(crate) const NONE: Self = Self(0);

    /// Draws a number for a wrapper of this span.
    #[inline]
    pub(crate) fn of(span: &Span) -> Self {
        if span.is_disabled() { Self::NONE } else { Self::draw() }
    }

    #[inline]
    fn draw() -> Self {
        /// How many numbers a thread takes at once, so that threads seldom meet.
        const MANY: u64 = 1024;
        static TAKEN: AtomicU64 = AtomicU64::new(1);
        thread_local! {
            static NEXT: Cell<u64> = const { Cell::new(0) };
        }
        let mut next = NEXT.get();
        if next.is_multiple_of(MANY) {
            next = TAKEN.fetch_add(1, Ordering::Relaxed) * MANY;
        }
        NEXT.set(next + 1);
        Self(next)
    }
}

/// Runs `inside` in the span, whose operation has `levels` of its own if this is its first entry, and settles the
/// operation if `inside` answers how it ended, or panics.
#[inline(always)]
pub(crate) fn in_span<T>(
    span: &Span,
    number: Number,
    levels: Option<&'static OwnLevels>,
    inside: impl FnOnce() -> (T, Option<Ending>),
) -> Result<T, Caught> {
    run_in(span, Handed { levels, ..Handed::of(span, number) }, inside)
}

/// As [`in_span`], where the operation does not run: it begins, or ends.
pub(crate) fn in_span_aside<T>(
    span: &Span,
    number: Number,
    inside: impl FnOnce() -> (T, Option<Ending>),
) -> Result<T, Caught> {
    run_in(span, Handed { is_aside: true, ..Handed::of(span, number) }, inside)
}

impl Handed {
    #[inline]
    fn of(span: &Span, Number(wrapper): Number) -> Self {
        let span = span.id().map_or(0, |id| id.into_u64());
        Self { key: Key { span, wrapper }, ..Self::NOTHING }
    }
}

#[inline(always)]
fn run_in<T>(
    span: &Span,
    handed: Handed,
    inside: impl FnOnce() -> (T, Option<Ending>),
) -> Result<T, Caught> {
    // A layer that is called back may run code of the program, a writer, which gets here again. What it finds it
    // leaves as it was, for the layers that are called back after it.
    let outer = HANDED.replace(handed);
    let entered = span.enter();
    HANDED.set(outer);
    // A panic that left the span by itself would not be known as the end of this operation.
    let (value, ending) = match catch_unwind(AssertUnwindSafe(inside)) {
        Ok((value, ending)) => (Ok(value), ending),
        Err(payload) => {
            let caught = Caught::new(payload);
            let ending = Ending::panicked(caught.words(), &rules());
            (Err(caught), Some(ending))
        }
    };
    let is_end = ending.is_some();
    let outer = HANDED.replace(Handed { is_end, ..handed });
    if is_end {
        let outer_ending = ENDING.replace(ManuallyDrop::new(ending));
        drop(entered);
        drop(ManuallyDrop::into_inner(ENDING.replace(outer_ending)));
    } else {
        drop(entered);
    }
    HANDED.set(outer);
    if noting::is_wanted() {
        let _ = NOTED.try_with(RefCell::take);
    }
    value
}

/// Runs code of the program that a layer calls while it is called back: to the spans that this enters and leaves, nothing
/// was said.
#[inline]
pub(crate) fn apart<T>(run: impl FnOnce() -> T) -> T {
    let outer = HANDED.replace(Handed::NOTHING);
    let answer = run();
    HANDED.set(outer);
    answer
}

/// The operation whose span, of this id, is being entered or left, and whose wrapper may say so.
#[inline]
pub(crate) fn key(span: u64) -> Key {
    let Key { span: of, wrapper } = HANDED.get().key;
    Key { span, wrapper: if of == span { wrapper } else { 0 } }
}

/// Whether the operation runs whose span is being entered.
pub(crate) fn is_poll(key: Key) -> bool {
    let handed = HANDED.get();
    !(handed.is_aside && handed.key.span == key.span)
}

/// A layer that wants to know where operations wait was told that a span is entered.
pub(crate) fn want_awaiting() {
    AWAITS.set(true);
}

/// Polls what is inside an operation's span, and has noted where it registers to be woken if a layer wants to know that.
#[inline]
pub(crate) fn noted<T>(
    Number(number): Number,
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
    let noted = noting.as_ref().map(|noting| (number, Arc::downgrade(noting)));
    let _ = NOTED.try_with(|place| place.replace(noted));
    polled
}

/// What notes where the operation waits whose span is being left after a poll. Not kept alive by the layers: with it goes
/// a waker, which may be anything.
pub(crate) fn noting(key: Key) -> Option<Weak<Noting>> {
    if !noting::is_wanted() || key.wrapper == 0 {
        return None;
    }
    let noted = |place: &RefCell<Option<(u64, Weak<Noting>)>>| {
        place
            .borrow()
            .as_ref()
            .filter(|(of, _)| *of == key.wrapper)
            .map(|(_, noting)| Weak::clone(noting))
    };
    NOTED.try_with(noted).ok().flatten()
}

/// Drops what is inside the operation of the wrapper with this number: what that cancels is cancelled by it.
pub(crate) fn dropping(Number(number): Number, inside: impl FnOnce()) {
    reason::around(Around::Dropping(number), inside);
}

/// The levels of the operation whose span is being entered.
#[inline]
pub(crate) fn levels(key: Key) -> Option<&'static OwnLevels> {
    let handed = HANDED.get();
    if handed.key == key { handed.levels } else { None }
}

/// How the operation ended whose span is being left.
#[inline]
pub(crate) fn ending(key: Key) -> Option<Ending> {
    let handed = HANDED.get();
    if !handed.is_end || handed.key != key {
        return None;
    }
    let ending = ENDING.take();
    let clone = ending.as_ref().cloned();
    ENDING.set(ending);
    clone
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
