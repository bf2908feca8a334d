//! Walking up the stack.

#![allow(
    unsafe_code,
    reason = "the safe walk waits for whoever looks up a name; the proof stands below"
)]

/// Frames that are looked at, at most.
const DEPTH: usize = 128;

/// Shows `see` the frames of this stack, the innermost first, until it answers `false`: where each will go on, and how
/// far down the stack it reaches.
pub(super) fn walk(mut see: impl FnMut(usize, usize) -> bool) {
    let mut left = DEPTH;
    let frame = |frame: &backtrace::Frame| {
        left -= 1;
        see(frame.ip().addr(), frame.sp().addr()) && left > 0
    };
    // `backtrace::trace` is this behind a lock that looking up a name holds, too, and may hold for long.
    //
    // SAFETY: the lock is there for the `dbghelp` library of Windows, which is not to be called by two threads at once.
    // Elsewhere the walk is that of the unwinder, which every panic takes without a lock. `frame` does not panic.
    #[cfg(not(windows))]
    unsafe {
        backtrace::trace_unsynchronized(frame);
    }
    #[cfg(windows)]
    backtrace::trace(frame);
}
