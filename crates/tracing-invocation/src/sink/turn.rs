//! One record at a time on each thread.

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::Sink;
use crate::record::Level;

struct Waiting {
    sink: Arc<dyn Sink>,
    level: Level,
    line: Vec<u8>,
}

thread_local! {
    static WRITING: Cell<bool> = const { Cell::new(false) };
    /// Empty but while something is written. Never dropped, so that it is there for as long as the thread is.
    static WAITING: Cell<ManuallyDrop<VecDeque<Waiting>>> =
        const { Cell::new(ManuallyDrop::new(VecDeque::new())) };
}

/// Whether this thread is writing a record right now. What a writer does on its own account is not recorded:
/// it would write, and be recorded, without end.
pub(crate) fn is_writing() -> bool {
    WRITING.get()
}

/// Writes a record. Where this thread is writing one already, its writer has ended an operation of the program
/// and may hold a lock: the record waits until that one is written. Gives back the buffer, if it is free.
pub(crate) fn write(sink: &Arc<dyn Sink>, level: Level, line: Vec<u8>) -> Option<Vec<u8>> {
    if WRITING.get() {
        let mut waiting = WAITING.take();
        waiting.push_back(Waiting { sink: Arc::clone(sink), level, line });
        WAITING.set(waiting);
        return None;
    }
    WRITING.set(true);
    sink.write(level, &line);
    loop {
        let waiting = ManuallyDrop::into_inner(WAITING.take());
        if waiting.is_empty() {
            break;
        }
        for Waiting { sink, level, line } in waiting {
            sink.write(level, &line);
        }
    }
    WRITING.set(false);
    Some(line)
}
