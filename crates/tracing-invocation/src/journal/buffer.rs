//! Memory of lines: each thread uses the same again and again.

use std::cell::Cell;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a buffer may hold on to between records; a larger one was an exception.
const KEPT_CAPACITY: usize = 64 * 1024;

/// An empty buffer: this thread's own, unless it is in use or the thread is ending.
pub(super) fn take_buffer() -> Vec<u8> {
    BUFFER.try_with(Cell::take).unwrap_or_default()
}

pub(super) fn give_back_buffer(mut buffer: Vec<u8>) {
    if buffer.capacity() <= KEPT_CAPACITY {
        buffer.clear();
        // A thread that is ending has no place for it any more.
        let _ = BUFFER.try_with(|place| place.set(buffer));
    }
}
