//! The side of a queue that records are put into.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::super::destination::{Destination, FlushFailure};
use super::super::{Line, report};
use super::shared::{Shared, Ticket};
use super::{Queue, panicking, writer};

/// The side of a queue that records are put into. Dropped, it has the thread write what is there, and end.
pub(in super::super) struct Producer(Arc<Shared>);

impl Producer {
    /// Starts the thread that writes. Where there can be none, that is said, and records are written at once.
    pub(in super::super) fn start(queue: Queue, destination: &Arc<Destination>) -> Option<Self> {
        let shared = Arc::new(Shared::new(queue, Arc::clone(destination)));
        let writer = Arc::clone(&shared);
        let started = thread::Builder::new()
            .name(format!("log {}", destination.name.replace('\0', "")))
            .spawn(move || writer::run(&writer));
        if let Err(error) = started {
            report(format_args!(
                "{}: no thread for the queue, records are written at once: {error}",
                destination.name
            ));
            return None;
        }
        panicking::register(&shared);
        Some(Self(shared))
    }

    /// Puts a record into the queue, or loses one as the queue says. Returns `true` if the record is in the queue. A call of its
    /// own: not in the way of outputs that have no queue.
    #[inline(never)]
    pub(in super::super) fn push(&self, line: &Line<'_>) -> bool {
        let pushed = self.0.push(line);
        let is_there = pushed.is_ok();
        if let Some(reason) = pushed.unwrap_or_else(Some) {
            self.0.destination.lost(reason);
        }
        is_there
    }

    /// Has what is in the queue now written and flushed, while somebody waits until then at the most.
    pub(in super::super) fn request_flush(&self, until: Option<Instant>) -> Ticket {
        self.0.request_flush(until)
    }

    /// Waits until what was requested is done, or the time is over.
    pub(in super::super) fn wait_for(
        &self,
        ticket: Ticket,
        until: Option<Instant>,
    ) -> Result<(), FlushFailure> {
        self.0.wait_for(ticket, until)
    }

    /// Records in the queue, and those being written.
    pub(in super::super) fn queued(&self) -> u64 {
        self.0.queued()
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.queue.fmt(f)
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.0.close();
    }
}
