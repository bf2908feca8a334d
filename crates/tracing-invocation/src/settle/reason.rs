//! What is known of why something is being dropped, while it is.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::stack::Cause;

/// How many have begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// What goes on around on this thread, the innermost last.
    static AROUND: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    /// How many that are: looked at whenever an operation is dropped.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One thing that goes on around.
struct Entry {
    /// Numbers grow from the outermost to the innermost.
    number: u64,
    what: Around,
    /// The place of the innermost entry, up to this one, in which somebody said why. Where thousands of operations drop
    /// one another, each finds it at once.
    said: Option<usize>,
}

/// What goes on around something that is being dropped.
#[derive(Clone, Debug)]
pub(crate) enum Around {
    /// Somebody said why.
    Said(Cause, Option<Cow<'static, str>>),
    /// The operation of the wrapper with this number is dropping what is inside.
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
    let push = |around: &RefCell<Vec<Entry>>| {
        let mut around = around.borrow_mut();
        let said = match what {
            Around::Said(..) => Some(around.len()),
            Around::Dropping(_) => around.last().and_then(|outer| outer.said),
        };
        around.push(Entry { number, what, said });
    };
    let pushed = AROUND.try_with(push).is_ok();
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

/// Why something is dropped that began when `latest` was the [latest], where somebody said so: the innermost.
pub(crate) fn said_since(latest: u64) -> Option<(Cause, Option<Cow<'static, str>>)> {
    if !is_any() {
        return None;
    }
    let said = AROUND.try_with(|around| {
        let around = around.borrow();
        match around.get(around.last()?.said?)? {
            Entry { number, what: Around::Said(cause, reason), .. } if *number > latest => {
                Some((*cause, reason.clone()))
            }
            _ => None,
        }
    });
    said.ok().flatten()
}

/// What `find` first makes of the numbers of wrappers that are dropping, the innermost first, since `latest` was the
/// [latest] and since somebody last said why. It must not call code of the program.
pub(crate) fn find_dropping<T>(latest: u64, find: impl FnMut(u64) -> Option<T>) -> Option<T> {
    /// How many are looked at. Of more that are nested, only the outer ones are missed, and nobody waits for a search.
    const MANY: usize = 64;
    if !is_any() {
        return None;
    }
    let found = AROUND.try_with(|around| {
        let around = around.borrow();
        let since = around.iter().rev().take_while(|entry| entry.number > latest);
        let dropping = since.map_while(|entry| match entry.what {
            Around::Dropping(number) => Some(number),
            Around::Said(..) => None,
        });
        dropping.take(MANY).find_map(find)
    });
    found.ok().flatten()
}
