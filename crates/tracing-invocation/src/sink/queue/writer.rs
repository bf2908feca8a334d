//! The thread that writes a queue.

use std::time::Duration;

use super::super::losses::Telling;
use super::super::turn;
use super::lanes::Waiting;
use super::shared::Shared;
use crate::payload::text::quietly;

/// Records that are taken out of the queue at once, where the sink does not want more.
const BATCH: usize = 64;
/// How often a thread with nothing to write tries to tell of losses.
const TELLING: Duration = Duration::from_secs(1);

/// What is to be done next.
enum Task {
    Write,
    TellLosses,
    Flush(u64),
}

/// How a sink wants its records.
struct Wishes {
    max_batch: usize,
    batch_delay: Duration,
}

/// Writes until the queue is closed and empty.
pub(super) fn run(shared: &Shared) {
    shared.begin_writing();
    let destination = &*shared.destination;
    let sink = &*destination.sink;
    // A batch larger than the queue would never be full.
    let most = shared.queue.capacity.get();
    let wishes = quietly(|| Wishes {
        max_batch: sink.max_batch().clamp(1, most),
        batch_delay: sink.batch_delay(),
    });
    let wishes = wishes.unwrap_or(Wishes { max_batch: 1, batch_delay: Duration::ZERO });
    let mut batch = Vec::new();
    while let Some(task) = next(shared, &mut batch, &wishes) {
        match task {
            Task::Write => turn::writing(|| write(shared, &batch, wishes.max_batch)),
            Task::TellLosses => turn::writing(|| destination.tell_losses(Telling::Due)),
            Task::Flush(last) => {
                let result = turn::writing(|| destination.flush());
                shared.has_flushed(last, result);
            }
        }
    }
    // A failure is in the account, and there is nobody left to tell.
    let _ = turn::writing(|| destination.flush());
}

fn write(shared: &Shared, batch: &[Waiting], max_batch: usize) {
    for waiting in batch.chunks(max_batch) {
        let lines: Vec<_> = waiting.iter().map(Waiting::line).collect();
        shared.destination.write(&lines);
        shared.is_through(lines.len());
    }
}

/// Waits for something to do, until there can be nothing any more. What was in `batch` is done.
fn next(shared: &Shared, batch: &mut Vec<Waiting>, wishes: &Wishes) -> Option<Task> {
    let mut state = shared.finish(batch);
    let mut may_fill = !wishes.batch_delay.is_zero();
    loop {
        if let Some(ticket) = state.due() {
            return Some(Task::Flush(ticket));
        }
        if !state.lanes.is_empty() && may_fill {
            may_fill = false;
            state = shared.sleep(state, wishes.max_batch, Some(wishes.batch_delay));
            continue;
        }
        if !state.lanes.is_empty() {
            shared.hand_out(&mut state, batch, wishes.max_batch.max(BATCH));
            return Some(Task::Write);
        }
        if state.is_closed {
            return None;
        }
        let has_losses = shared.destination.has_losses();
        state = shared.sleep(state, 1, has_losses.then_some(TELLING));
        if has_losses && state.is_idle(1) {
            return Some(Task::TellLosses);
        }
    }
}
