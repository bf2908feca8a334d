//! What a panic says, noted when it begins for those that it unwinds through.
//!
//! Who is unwound sees that there is a panic, and not which. A note is that panic's as long as it is the only one that
//! began since this thread was last seen without one; of any other, `resume_unwind` among them, nothing is known.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::panic::{PanicHookInfo, resume_unwind};
use std::thread::panicking;

thread_local! {
    /// How many panics began since this thread was last seen not panicking.
    static BEGUN: Cell<u32> = const { Cell::new(0) };
    static LATEST: RefCell<Option<(Words, Identity)>> = const { RefCell::new(None) };
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
    note(words, Identity::of(info.payload()), BEGUN.get().saturating_add(1));
}

fn note(words: Words, identity: Identity, begun: u32) {
    let noted = LATEST.try_with(|latest| latest.replace(Some((words, identity))));
    // Without its words, a panic counts as one of several.
    BEGUN.set(if noted.is_ok() { begun } else { u32::MAX });
}

/// This thread is not panicking: what began has been caught.
#[inline]
pub(crate) fn none_unwinds() {
    if BEGUN.get() != 0 {
        BEGUN.set(0);
    }
}

/// As [`none_unwinds`], where that is so.
#[inline]
pub(crate) fn look() {
    if BEGUN.get() != 0 && !panicking() {
        BEGUN.set(0);
    }
}

/// What is known of the panic that unwinds through what was begun while there was none.
pub(crate) fn unwinding() -> Words {
    let noted = LATEST.try_with(|latest| latest.borrow().as_ref().map(|(words, _)| words.clone()));
    noted.ok().flatten().filter(|_| BEGUN.get() == 1).unwrap_or_default()
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
            let is_this = BEGUN.get() == 1 || identity.text.is_some();
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
