//! The operation that everybody records: three fields, and a body that does next to nothing.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::BuildHasher as _;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What the operation is called with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) item: u64,
    pub(crate) region: &'static str,
    pub(crate) retry: bool,
}

impl Order {
    /// Orders of one length: an item has five digits.
    pub(crate) fn nth(n: u64) -> Self {
        black_box(Self { item: 10_000 + n % 10_000, region: "eu-west", retry: false })
    }

    /// What there is to do about it.
    pub(crate) fn receipt(self) -> u64 {
        black_box(self.item + u64::from(self.retry))
    }
}

/// Why an order fails.
#[derive(Debug)]
pub(crate) struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card was declined")
    }
}

impl std::error::Error for Declined {}

/// SplitMix64, for ids by hand.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Is pending this many times.
pub(crate) async fn wait(mut times: u32) {
    poll_fn(|_| match times.checked_sub(1) {
        Some(left) => {
            times = left;
            Poll::Pending
        }
        None => Poll::Ready(()),
    })
    .await;
}

/// Polls a future until it is ready.
pub(crate) fn drive<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Polls a future once, and drops it.
pub(crate) fn poll_once<F: Future>(future: F) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}
