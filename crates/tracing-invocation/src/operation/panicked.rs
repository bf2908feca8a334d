//! A panic that left a stock span, and whether it was the operation's own.
//!
//! Whoever has a span may enter it: the operation itself, a task that was spawned into it, `span.in_scope(..)` in a closure on
//! another thread. A layer sees the same callbacks for each of them. The panic of one that is not the operation does not end
//! it, and shows by what follows: the operation goes on, and enters its span again.

use std::thread::{self, ThreadId, panicking};

use super::Ending;
use crate::clock::Moment;

/// A panic that left a span.
pub(super) struct Panicked {
    ending: Ending,
    at: Moment,
    thread: ThreadId,
    since: Since,
}

/// How the span was entered since, by a thread that was not panicking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    Never,
    /// Once, on the same thread and while nobody else was inside: the future may be dropped there after its panic was
    /// caught.
    ForTheDrop,
    /// In a way that shows that the operation goes on, or by somebody of whom it is not known who it was.
    Refuted,
}

/// What is left to decide how an operation ended when its span is closed.
pub(crate) enum Leftover {
    Nothing,
    /// It ended so, back then.
    Ended(Ending, Moment),
    /// A panic left the span, which may have been that of something else.
    Refuted,
}

impl Panicked {
    /// `inside` is how often the span had been entered and not left, this entry included.
    pub(super) fn new(ending: Ending, at: Moment, inside: u32) -> Self {
        let since = if inside > 1 { Since::Refuted } else { Since::Never };
        Self { ending, at, thread: thread::current().id(), since }
    }

    pub(super) fn is_refuted(&self) -> bool {
        self.since == Since::Refuted
    }

    /// The span was entered again, and is entered so many times now.
    pub(super) fn entered_again(&mut self, inside: u32) {
        // What an unwinding drops enters its span, too.
        if panicking() {
            return;
        }
        let may_be_drop =
            self.since == Since::Never && inside == 1 && thread::current().id() == self.thread;
        self.since = if may_be_drop { Since::ForTheDrop } else { Since::Refuted };
    }

    pub(super) fn at_close(self) -> Leftover {
        match self.since {
            Since::Refuted => Leftover::Refuted,
            Since::Never | Since::ForTheDrop => Leftover::Ended(self.ending, self.at),
        }
    }
}
