//! Polls an operation with a waker whose clones note where they are made.

use std::mem;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Waker};

use super::noting::{Noting, Original, POLLED, Polled};
use super::waker::{self, lend};

/// Polls an operation: `poll`, with a waker that notes into `place`.
#[inline(never)]
pub(crate) fn inside<T>(
    place: &mut Option<Arc<Noting>>,
    context: &Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> T,
) -> T {
    let here = 0_u8;
    let base = ptr::from_ref(&here).addr();
    let noting = noting_of(place, context.waker(), base);
    let polled = Polled { noting: Arc::clone(&noting), base };
    let entered = POLLED.try_with(|stack| stack.borrow_mut().push(polled)).is_ok();
    let _leaves = entered.then_some(Leaves);
    let waker = lend(&noting);
    poll(&mut Context::from_waker(&waker))
}

/// Ends the poll that began last, also by a panic.
struct Leaves;

impl Drop for Leaves {
    fn drop(&mut self) {
        let _ = POLLED.try_with(|stack| {
            let polled = stack.borrow_mut().pop();
            drop(polled);
        });
    }
}

/// What notes this poll: what did so before, if nothing has a clone of its waker any more.
fn noting_of(place: &mut Option<Arc<Noting>>, original: &Waker, base: usize) -> Arc<Noting> {
    if let Some(noting) = place
        && stands_for(noting, original)
    {
        let mut state = noting.state();
        if state.clones == 0 {
            state.base = base;
            let lent = mem::take(&mut state.lent);
            drop(state);
            drop(lent);
            return Arc::clone(noting);
        }
    }
    let around = POLLED.try_with(|stack| {
        let stack = stack.try_borrow().ok()?;
        let of = stack.iter().rev().find(|polled| waker::is_of(original, &polled.noting));
        of.map(|polled| Arc::clone(&polled.noting))
    });
    let original = match around.ok().flatten() {
        Some(noting) => Original::Noting(noting),
        None => Original::Foreign(original.clone()),
    };
    let noting = Noting::new(original);
    noting.state().base = base;
    *place = Some(Arc::clone(&noting));
    noting
}

/// Returns `true` if `noting` stands in for `waker`.
fn stands_for(noting: &Noting, waker: &Waker) -> bool {
    match &noting.original {
        Original::Foreign(original) => original.will_wake(waker),
        Original::Noting(original) => waker::is_of(waker, original),
    }
}
