//! What is known of why something is being dropped, while it is.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use crate::stack::Cause;

thread_local! {
    /// What goes on around on this thread, the innermost last.
    static AROUND: RefCell<Vec<Around>> = const { RefCell::new(Vec::new()) };
    /// How many that are: looked at whenever an operation begins.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// What goes on around something that is being dropped.
#[derive(Clone, Debug)]
pub(crate) enum Around {
    /// Somebody said why.
    Said(Cause, Option<Cow<'static, str>>),
    /// The operation with this key is dropping what is inside.
    Dropping(u64),
}

/// Runs `inside` and says of what it drops that it is cancelled for this reason: `cancellation.reason` of the operations
/// that are.
///
/// It counts for operations that had begun before, on this thread, and were dropped inside. It takes no capture.
///
/// ```
/// use std::future::{Future as _, pending};
/// use std::task::{Context, Waker};
/// use tracing_invocation::{FutureExt as _, testing, with_cancel_reason};
///
/// let log = testing::capture();
/// let mut upload = Box::pin(pending::<()>().operation(tracing::info_span!("upload")));
/// let _ = upload.as_mut().poll(&mut Context::from_waker(Waker::noop()));
///
/// with_cancel_reason("the disk is full", || drop(upload));
/// log.assert_last("upload").with_payload("/cancellation/reason", "the disk is full");
/// ```
pub fn with_cancel_reason<T>(
    reason: impl Into<Cow<'static, str>>,
    inside: impl FnOnce() -> T,
) -> T {
    around(Around::Said(Cause::Dropped, Some(reason.into())), inside)
}

/// Runs `inside`, around which this goes on.
pub(crate) fn around<T>(what: Around, inside: impl FnOnce() -> T) -> T {
    let pushed = AROUND.try_with(|around| around.borrow_mut().push(what)).is_ok();
    DEPTH.set(DEPTH.get() + u32::from(pushed));
    let _leaves = pushed.then_some(Leaves);
    inside()
}

/// Ends what began last, also by a panic.
struct Leaves;

impl Drop for Leaves {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
        let left = AROUND.try_with(|around| around.borrow_mut().pop());
        drop(left);
    }
}

/// How much goes on around: nothing of it is why something is cancelled that begins now.
pub(crate) fn depth() -> u32 {
    DEPTH.get()
}

/// What goes on around, the innermost first, without the first `depth` that began.
pub(crate) fn since(depth: u32) -> Vec<Around> {
    if DEPTH.get() <= depth {
        return Vec::new();
    }
    let around = AROUND.try_with(|around| {
        let around = around.borrow();
        around.iter().skip(depth as usize).rev().cloned().collect()
    });
    around.unwrap_or_default()
}
