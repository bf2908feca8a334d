//! What a panic says, noted when it begins for those that it unwinds through.
//!
//! Who is unwound sees that there is a panic, and not which. A note is that panic's as long as it is the only one that
//! began since this thread was last seen without one; of any other, `resume_unwind` among them, nothing is known.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::panic::{PanicHookInfo, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::panicking;

thread_local! {
    /// How many panics began since this thread was last seen not panicking, and whether [`Unwinding::now`] was asked.
    static BEGUN: Cell<u32> = const { Cell::new(0) };
    /// The number of the unwinding that goes on since then, or zero where nobody asked.
    static EPOCH: Cell<u64> = const { Cell::new(0) };
    static LATEST: RefCell<Option<(Words, Identity)>> = const { RefCell::new(None) };
}

/// In `BEGUN`: somebody asked which unwinding goes on, so that its end has to be noted.
const ASKED: u32 = 1 << 31;

/// Which panic unwinds a thread, or that none does.
///
/// Asked at the beginning and at the end of something, it tells a panic that unwound over it from one that was under way
/// on its thread when it began. `std::thread::panicking` alone is also true inside a destructor that an older panic runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unwinding {
    /// Zero where none does. No two unwindings of this process have the same number, as far as the thread was seen without
    /// a panic in between.
    epoch: u64,
    /// How many panics had begun in it.
    begun: u32,
}

impl Unwinding {
    pub(crate) const NONE: Self = Self { epoch: 0, begun: 0 };

    #[inline]
    pub(crate) fn now() -> Self {
        if panicking() { Self::of_this_thread() } else { Self::NONE }
    }

    #[cold]
    fn of_this_thread() -> Self {
        static LATEST: AtomicU64 = AtomicU64::new(0);
        if EPOCH.get() == 0 {
            EPOCH.set(LATEST.fetch_add(1, Ordering::Relaxed) + 1);
        }
        BEGUN.set(BEGUN.get() | ASKED);
        Self { epoch: EPOCH.get(), begun: begun() }
    }

    /// Returns `true` if a panic unwinds this thread that is not the one of back then. Of two panics, one inside the other,
    /// the inner one counts as one that unwinds what began before it, though it may have been caught on its way.
    #[inline]
    pub(crate) fn is_other_now(self) -> bool {
        let now = Self::now();
        now != Self::NONE && now != self
    }

    /// What is known of the panic that [is another one](Self::is_other_now).
    pub(crate) fn words_since(self) -> Words {
        let before = if self.epoch == EPOCH.get() { self.begun } else { 0 };
        words_if(begun() == before.saturating_add(1))
    }
}

/// How many panics began since this thread was last seen not panicking.
#[inline]
fn begun() -> u32 {
    BEGUN.get() & !ASKED
}

/// This thread is not panicking.
#[cold]
fn forget() {
    BEGUN.set(0);
    EPOCH.set(0);
}

/// What is known of a panic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) message: Option<Box<str>>,
    /// Where it began: `file:line:column`.
    pub(crate) location: Option<Box<str>>,
}

/// What a payload is recognised by when it is caught: its type, and where its text is kept, which does not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    payload: TypeId,
    text: Option<(usize, usize)>,
}

/// A panic begins on this thread.
pub(crate) fn begin(info: &PanicHookInfo<'_>) {
    let words = Words {
        message: message_of(info.payload()).map(Box::from),
        location: info.location().map(|location| location.to_string().into()),
    };
    note(words, Identity::of(info.payload()), (begun() + 1).min(MANY));
}

/// As many panics as are counted.
const MANY: u32 = ASKED - 1;

fn note(words: Words, identity: Identity, begun: u32) {
    let noted = LATEST.try_with(|latest| latest.replace(Some((words, identity))));
    // Without its words, a panic counts as one of several.
    let begun = if noted.is_ok() { begun } else { MANY };
    BEGUN.set(BEGUN.get() & ASKED | begun);
}

/// This thread is not panicking: what began has been caught.
#[inline]
pub(crate) fn none_unwinds() {
    if BEGUN.get() != 0 {
        forget();
    }
}

/// As [`none_unwinds`], where that is so.
#[inline]
pub(crate) fn look() {
    if BEGUN.get() != 0 && !panicking() {
        forget();
    }
}

/// What is known of the panic that unwinds through what was begun while there was none.
pub(crate) fn unwinding() -> Words {
    words_if(begun() == 1)
}

/// What the latest panic says, if it is known to be that one.
fn words_if(is_that: bool) -> Words {
    let noted = LATEST.try_with(|latest| latest.borrow().as_ref().map(|(words, _)| words.clone()));
    noted.ok().flatten().filter(|_| is_that).unwrap_or_default()
}

/// A panic that was caught on its way, to be let go again.
#[derive(Debug)]
pub(crate) struct Caught {
    payload: Box<dyn Any + Send>,
    words: Box<Words>,
}

impl Caught {
    /// Right after it was caught.
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        let identity = Identity::of(&*payload);
        let location = LATEST.try_with(|latest| {
            let latest = latest.borrow();
            let (words, _) = latest.as_ref().filter(|(_, noted)| *noted == identity)?;
            // What has no text looks like any other of its type.
            let is_this = begun() == 1 || identity.text.is_some();
            words.location.clone().filter(|_| is_this)
        });
        let words = Words {
            message: message_of(&*payload).map(Box::from),
            location: location.ok().flatten(),
        };
        Self { payload, words: Box::new(words) }
    }

    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// Lets it go on, and those that it unwinds through know of it.
    pub(crate) fn resume(self) -> ! {
        if !panicking() {
            forget();
            note(*self.words, Identity::of(&*self.payload), 1);
        }
        resume_unwind(self.payload)
    }
}

impl Identity {
    fn of(payload: &(dyn Any + Send)) -> Self {
        let text = message_of(payload).map(|text| (text.as_ptr().addr(), text.len()));
        Self { payload: payload.type_id(), text }
    }
}

/// The message of a panic's payload, where it is a text.
fn message_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
