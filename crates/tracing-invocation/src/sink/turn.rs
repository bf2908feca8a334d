//! One record at a time on each thread.

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::{Line, Outputs};
use crate::record::{Level, Outcome};

/// A record that waits until this thread has written another.
struct Waiting {
    outputs: Arc<Outputs>,
    level: Level,
    outcome: Outcome,
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
pub(crate) fn write(
    outputs: &Arc<Outputs>,
    (level, outcome): (Level, Outcome),
    line: Vec<u8>,
) -> Option<Vec<u8>> {
    if WRITING.get() {
        let mut waiting = WAITING.take();
        waiting.push_back(Waiting { outputs: Arc::clone(outputs), level, outcome, line });
        WAITING.set(waiting);
        return None;
    }
    writing(|| outputs.write(&Line::native(level, outcome, &line)));
    Some(line)
}

/// Does what counts as writing on this thread, and then writes the records that came up meanwhile.
pub(super) fn writing<T>(write: impl FnOnce() -> T) -> T {
    let outer = WRITING.replace(true);
    let answer = write();
    loop {
        let waiting = ManuallyDrop::into_inner(WAITING.take());
        if outer || waiting.is_empty() {
            WAITING.set(ManuallyDrop::new(waiting));
            break;
        }
        for Waiting { outputs, level, outcome, line } in waiting {
            outputs.write(&Line::native(level, outcome, &line));
        }
    }
    WRITING.set(outer);
    answer
}
