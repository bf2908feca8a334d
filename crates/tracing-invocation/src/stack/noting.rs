//! Noting where an operation registers to be woken.
//!
//! What makes a future wait keeps a clone of the waker it is polled with, and makes it inside the chain of what awaits
//! it. So an operation is polled with a waker whose clones note the stack. What was noted is told only while it is in
//! force: while as many clones live as were noted, so that each of them is one that would still wake the operation.
//!
//! What keeps a clone need not make another as long as it would wake the same task. A poll that begins while there are
//! clones from an earlier one therefore has a waker of its own, equal to none of theirs: whatever waits in this poll
//! registers anew, and is noted where it waits now. Within a poll, two wakers are equal exactly when the originals are.

use std::cell::RefCell;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;

use super::Stack;
use super::walk::walk;
use crate::payload::text::quietly;

/// Whether any settings want this: all that operations look at while none do.
static IS_WANTED: AtomicBool = AtomicBool::new(false);

/// Some settings want it.
pub(crate) fn want() {
    IS_WANTED.store(true, Ordering::Relaxed);
}

#[inline]
pub(crate) fn is_wanted() -> bool {
    IS_WANTED.load(Ordering::Relaxed)
}

/// Notes that are kept of one poll, at most.
const NOTES: usize = 64;

thread_local! {
    /// The operations that are being polled on this thread, the innermost last.
    pub(super) static POLLED: RefCell<Vec<Polled>> = const { RefCell::new(Vec::new()) };
}

/// An operation that is being polled.
pub(super) struct Polled {
    pub(super) noting: Arc<Noting>,
    /// Where on the stack the poll began.
    pub(super) base: usize,
}

/// What an operation's waker notes.
pub(crate) struct Noting {
    pub(super) original: Original,
    state: Mutex<State>,
}

/// The waker that an operation was given.
pub(super) enum Original {
    Foreign(Waker),
    /// That of the operation around it.
    Noting(Arc<Noting>),
}

#[derive(Default)]
pub(super) struct State {
    /// How many clones there are.
    pub(super) clones: usize,
    /// How many of them were noted nowhere.
    strays: usize,
    notes: Vec<Arc<Note>>,
    /// Where the operation was on the stack that these begin with.
    pub(super) base: usize,
    /// What was noted by operations inside, which know whether it is in force.
    pub(super) lent: Vec<(Weak<Noting>, Arc<Note>)>,
}

/// The stack on which a waker was cloned: addresses, and how far down the stack each reaches.
pub(super) struct Note(Vec<(usize, usize)>);

impl Note {
    /// The part of it inside the poll that began at `base`.
    fn above(&self, base: usize) -> Stack {
        Stack::new(
            self.0.iter().take_while(|(_, reach)| *reach < base).map(|(address, _)| *address),
        )
    }
}

impl Noting {
    pub(super) fn new(original: Original) -> Arc<Self> {
        Arc::new(Self { original, state: Mutex::default() })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the operation is registered to be woken.
    pub(crate) fn in_force(&self) -> Vec<Stack> {
        let (mut stacks, base, lent) = {
            let state = self.state();
            let own = if state.is_certain() { &*state.notes } else { &[] };
            let stacks: Vec<_> = own.iter().map(|note| note.above(state.base)).collect();
            (stacks, state.base, state.lent.clone())
        };
        for (owner, note) in lent {
            if owner.upgrade().is_some_and(|owner| owner.holds(&note)) {
                stacks.push(note.above(base));
            }
        }
        stacks
    }

    /// Whether this note of it is in force.
    fn holds(&self, note: &Arc<Note>) -> bool {
        let state = self.state();
        state.is_certain() && state.notes.iter().any(|known| Arc::ptr_eq(known, note))
    }

    /// A clone was made of its waker.
    pub(super) fn cloned(&self) {
        let noted = quietly(|| note(self)).is_some_and(|noted| noted);
        let mut state = self.state();
        state.clones += 1;
        state.strays += usize::from(!noted);
    }

    /// A clone of its waker is gone.
    pub(super) fn released(&self) {
        let mut state = self.state();
        state.clones = state.clones.saturating_sub(1);
        if state.clones == 0 {
            state.strays = 0;
            let notes = mem::take(&mut state.notes);
            drop(state);
            drop(notes);
        }
    }

    pub(super) fn wake(&self) {
        match &self.original {
            Original::Foreign(waker) => waker.wake_by_ref(),
            Original::Noting(noting) => noting.wake(),
        }
    }
}

impl State {
    /// Whether every clone that there is was noted, and every note has its clone.
    fn is_certain(&self) -> bool {
        self.strays == 0 && self.notes.len() == self.clones
    }
}

/// Notes this stack for `noting`, and for the operations around it. Whether it is being polled on this thread.
fn note(noting: &Noting) -> bool {
    let base_of_outermost = POLLED.try_with(|polled| {
        let polled = polled.try_borrow().ok()?;
        let is_polled = polled.iter().any(|polled| ptr::eq(&*polled.noting, noting));
        polled.first().filter(|_| is_polled).map(|outermost| outermost.base)
    });
    let Ok(Some(base)) = base_of_outermost else {
        return false;
    };
    let mut frames = Vec::with_capacity(32);
    walk(|address, reach| {
        frames.push((address, reach));
        reach < base
    });
    let note = Arc::new(Note(frames));
    let told = POLLED.try_with(|polled| {
        let polled = polled.try_borrow().ok()?;
        let at = polled.iter().rposition(|polled| ptr::eq(&*polled.noting, noting))?;
        let (around, own) = polled.split_at(at);
        let own = &own.first()?.noting;
        let mut state = own.state();
        if state.notes.len() >= NOTES {
            return None;
        }
        state.notes.push(Arc::clone(&note));
        drop(state);
        for outer in around {
            let mut state = outer.noting.state();
            if state.lent.len() < NOTES {
                state.lent.push((Arc::downgrade(own), Arc::clone(&note)));
            }
        }
        Some(())
    });
    matches!(told, Ok(Some(())))
}
