//! One record at a time on each thread.

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::Line;
use crate::record::{Level, Outcome};

/// Where records go.
pub(crate) trait Write {
    /// Writes one record. Returns `true` if an output has it: it was written, or waits in a queue.
    fn write(&self, line: &Line<'_>) -> bool;
}

/// A record that waits until this thread has written another.
struct Waiting {
    outputs: Arc<dyn Write + Send + Sync>,
    level: Level,
    outcome: Outcome,
    line: Vec<u8>,
}

/// Whether this thread is writing a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Free,
    Writing,
    /// And others wait for that.
    Awaited,
}

thread_local! {
    static TURN: Cell<Turn> = const { Cell::new(Turn::Free) };
    /// Empty but while something is written. Never dropped, so that it is there for as long as the thread is.
    static WAITING: Cell<ManuallyDrop<VecDeque<Waiting>>> =
        const { Cell::new(ManuallyDrop::new(VecDeque::new())) };
}

/// Whether this thread is writing a record right now. What a writer does on its own account is not recorded:
/// it would write, and be recorded, without end.
#[inline]
pub(crate) fn is_writing() -> bool {
    TURN.get() != Turn::Free
}

/// Writes a record. Where this thread is writing one already, its writer has ended an operation of the program
/// and may hold a lock: the record waits until that one is written. Gives back the buffer, if it is free. Returns `false` if it
/// is known that no output has the record.
#[inline]
pub(crate) fn write<W: Write + Send + Sync + 'static>(
    outputs: &Arc<W>,
    (level, outcome): (Level, Outcome),
    line: Vec<u8>,
) -> (bool, Option<Vec<u8>>) {
    if is_writing() {
        let outputs: Arc<W> = Arc::clone(outputs);
        wait(Waiting { outputs, level, outcome, line });
        return (true, None);
    }
    let is_taken = writing(|| outputs.write(&Line::native(level, outcome, &line)));
    (is_taken, Some(line))
}

/// Does what counts as writing on this thread, and then writes the records that came up meanwhile.
#[inline]
pub(super) fn writing<T>(write: impl FnOnce() -> T) -> T {
    if is_writing() {
        return write();
    }
    TURN.set(Turn::Writing);
    let answer = write();
    if TURN.get() == Turn::Awaited {
        write_waiting();
    }
    TURN.set(Turn::Free);
    answer
}

#[cold]
fn wait(waiting: Waiting) {
    let mut all = WAITING.take();
    all.push_back(waiting);
    WAITING.set(all);
    TURN.set(Turn::Awaited);
}

#[cold]
fn write_waiting() {
    while TURN.replace(Turn::Writing) == Turn::Awaited {
        for Waiting { outputs, level, outcome, line } in ManuallyDrop::into_inner(WAITING.take()) {
            outputs.write(&Line::native(level, outcome, &line));
        }
    }
}
