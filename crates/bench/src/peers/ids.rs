//! Ids, for loggers that leave them to who calls them.

use std::cell::RefCell;
use std::fmt;

use crate::order::Random;

#[derive(Clone, Copy, Debug)]
pub(super) struct TraceId([u64; 2]);

#[derive(Clone, Copy, Debug)]
pub(super) struct SpanId(u64);

pub(super) fn random() -> (TraceId, SpanId) {
    thread_local! {
        static RANDOM: RefCell<Random> = RefCell::new(Random::new());
    }
    RANDOM
        .with_borrow_mut(|random| (TraceId([random.next(), random.next()]), SpanId(random.next())))
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0[0], self.0[1])
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
