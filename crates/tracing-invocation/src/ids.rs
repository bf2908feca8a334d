//! Where the ids of traces and operations come from.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::{SmallRng, SysRng};
use rand::{Rng as _, SeedableRng as _};

/// Where ids come from. Both kinds of id are never zero.
#[derive(Clone, Debug)]
pub(crate) enum Ids {
    /// Xoshiro256++ per thread, seeded by the operating system: ids are unique, not secret.
    Random,
    /// The next number, for tests: one count for traces, one for spans.
    Counted { traces: Arc<AtomicU64>, spans: Arc<AtomicU64> },
}

impl Ids {
    pub(crate) fn counted() -> Self {
        Self::Counted { traces: Arc::new(AtomicU64::new(1)), spans: Arc::new(AtomicU64::new(1)) }
    }

    pub(crate) fn trace(&self) -> u128 {
        match self {
            Self::Random => trace_id(random()),
            Self::Counted { traces, .. } => traces.fetch_add(1, Ordering::Relaxed).into(),
        }
    }

    /// Those of an operation that begins a trace.
    #[inline]
    pub(crate) fn trace_and_span(&self) -> (u128, u64) {
        match self {
            Self::Random => {
                let [high, low, span] = random();
                (trace_id([high, low]), span.max(1))
            }
            Self::Counted { .. } => (self.trace(), self.span()),
        }
    }

    pub(crate) fn span(&self) -> u64 {
        match self {
            Self::Random => {
                let [number] = random();
                number.max(1)
            }
            Self::Counted { spans, .. } => spans.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// As many numbers as are wanted.
#[inline]
fn random<const MANY: usize>() -> [u64; MANY] {
    thread_local! {
        static GENERATOR: Cell<Option<SmallRng>> = const { Cell::new(None) };
    }
    let mut generator = GENERATOR.take().unwrap_or_else(seeded);
    let numbers = std::array::from_fn(|_| generator.next_u64());
    GENERATOR.set(Some(generator));
    numbers
}

fn trace_id([high, low]: [u64; 2]) -> u128 {
    (u128::from(high) << 64 | u128::from(low)).max(1)
}

fn seeded() -> SmallRng {
    // Where the operating system gives no randomness, the hash map's keys are the next best source.
    SmallRng::try_from_rng(&mut SysRng).unwrap_or_else(|_| {
        let seed = RandomState::new().hash_one(std::thread::current().id());
        SmallRng::seed_from_u64(seed)
    })
}
