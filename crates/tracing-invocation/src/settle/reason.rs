//! What is known of why something is being dropped, while it is.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::stack::Cause;

/// How many have begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// What goes on around on this thread, the innermost last.
    static AROUND: RefCell<Vec<(u64, Around)>> = const { RefCell::new(Vec::new()) };
    /// How many that are: looked at whenever an operation is dropped.
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
/// It counts for operations that had begun before, and were dropped inside, on this thread. It takes no capture.
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
    let number = BEGUN.fetch_add(1, Ordering::Relaxed) + 1;
    let pushed = AROUND.try_with(|around| around.borrow_mut().push((number, what))).is_ok();
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

/// Whether anything goes on around.
pub(crate) fn is_any() -> bool {
    DEPTH.get() > 0
}

/// The number of what began last, on any thread: nothing up to it is why something is cancelled that begins now.
pub(crate) fn latest() -> u64 {
    BEGUN.load(Ordering::Relaxed)
}

/// What goes on around and began later than this, the innermost first.
pub(crate) fn since(latest: u64) -> Vec<Around> {
    if !is_any() {
        return Vec::new();
    }
    let around = AROUND.try_with(|around| {
        let around = around.borrow();
        let later = around.iter().filter(|(number, _)| *number > latest);
        later.rev().map(|(_, what)| what.clone()).collect()
    });
    around.unwrap_or_default()
}
