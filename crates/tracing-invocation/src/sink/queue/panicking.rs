//! Queues are written before a panic can end the process.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use super::super::turn;
use super::shared::Shared;

static QUEUES: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

pub(super) fn register(queue: &Arc<Shared>) {
    let mut queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    queues.retain(|queue| queue.strong_count() > 0);
    queues.push(Arc::downgrade(queue));
}

/// Has every queue written, within the time that each gives to it. Called by the panic hook.
pub(crate) fn flush_on_panic() {
    // A thread that writes would wait for itself.
    if turn::is_writing() {
        return;
    }
    // What is dropped here may be the last of a queue, whose sink may be anything.
    turn::writing(flush_all);
}

fn flush_all() {
    let queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let queues = queues.iter().filter_map(Weak::upgrade);
    // All at the same time.
    let requested: Vec<_> = queues
        .filter(|queue| !queue.queue.panic_deadline.is_zero())
        .map(|queue| {
            let until = Instant::now().checked_add(queue.queue.panic_deadline);
            let ticket = queue.request_flush(until);
            (queue, ticket, until)
        })
        .collect();
    for (queue, ticket, until) in requested {
        // What is not written by then still may be, where the process lives on.
        let _ = queue.wait_for(ticket, until);
    }
}
