//! What is measured, each in a process of its own.

use std::error::Error;
use std::hint::black_box;

use crate::order::Order;

/// One way to record an operation.
#[derive(Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    /// What a table says of it.
    pub(crate) about: &'static str,
    /// The variant that writes the same bytes by hand.
    pub(crate) limit: &'static str,
    /// Whether its instructions are the same from run to run: it has one thread, and writes to memory.
    pub(crate) is_steady: bool,
    /// Whether the calling thread makes all allocations that count.
    pub(crate) allocates_here: bool,
    set_up: SetUp,
}

/// Does what is done once in a process.
type SetUp = fn() -> Result<Program, Box<dyn Error>>;

impl Variant {
    pub(crate) const fn new(name: &'static str, about: &'static str, set_up: SetUp) -> Self {
        Self { name, about, limit: "by_hand", is_steady: true, allocates_here: true, set_up }
    }

    pub(crate) const fn with_limit(self, limit: &'static str) -> Self {
        Self { limit, ..self }
    }

    pub(crate) const fn unsteady(self) -> Self {
        Self { is_steady: false, ..self }
    }

    pub(crate) const fn allocating_elsewhere(self) -> Self {
        Self { allocates_here: false, ..self }
    }

    pub(crate) fn set_up(self) -> Result<Program, Box<dyn Error>> {
        (self.set_up)()
    }
}

/// A program that is set up to record operations.
pub(crate) struct Program {
    repeat: Box<dyn FnMut(u64)>,
    finish: Box<dyn FnOnce()>,
}

impl Program {
    /// Calls `operation` again and again.
    pub(crate) fn new<T>(operation: impl Fn(Order) -> T + 'static) -> Self {
        Self::repeating(move |calls| call(calls, &operation))
    }

    /// Calls `operations`, which are three, a third as often.
    pub(crate) fn of_three<T>(operations: impl Fn(Order) -> T + 'static) -> Self {
        Self::repeating(move |calls| call(calls.div_ceil(3), &operations))
    }

    /// Calls `operation` from two threads, half of the calls each.
    pub(crate) fn on_two_threads<T>(operation: impl Fn(Order) -> T + Sync + 'static) -> Self {
        Self::repeating(move |calls| {
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| allocation_counter::opt_out(|| call(calls / 2, &operation)));
                }
            });
        })
    }

    /// Makes a number of calls in its own way.
    pub(crate) fn repeating(repeat: impl FnMut(u64) + 'static) -> Self {
        Self { repeat: Box::new(repeat), finish: Box::new(|| ()) }
    }

    /// Waits at the end for what other threads do on account of the calls.
    pub(crate) fn finished_by(self, finish: impl FnOnce() + 'static) -> Self {
        Self { finish: Box::new(finish), ..self }
    }

    pub(crate) fn repeat(&mut self, calls: u64) {
        (self.repeat)(calls);
    }

    pub(crate) fn finish(self) {
        (self.finish)();
    }
}

/// Calls `operation` with one order after another.
pub(crate) fn call<T>(calls: u64, operation: impl Fn(Order) -> T) {
    for n in 0..calls {
        black_box(operation(Order::nth(n)));
    }
}
