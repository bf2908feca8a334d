//! What the threads that fill a queue share with the one that writes it.

use std::cell::Cell;
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::Line;
use super::super::counters::Reason;
use super::super::destination::{Destination, FlushFailure};
use super::lanes::{Lanes, Waiting};
use super::{Queue, WhenFull};
use crate::payload::text::quietly;

thread_local! {
    /// Whether this thread writes a queue.
    static IS_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// A queue at work. Its lock is held for moves of memory.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) destination: Arc<Destination>,
    state: Mutex<State>,
    /// The process whose thread writes.
    process: u32,
    /// There is something to do for the writer.
    work: Condvar,
    /// There is room.
    room: Condvar,
    /// Something was flushed.
    flushed: Condvar,
}

pub(super) struct State {
    pub(super) lanes: Lanes,
    /// Records that are being written.
    in_hand: usize,
    /// For how many records the writer waits, where it does.
    wakes_at: Option<usize>,
    /// Up to which record everything was written, or lost.
    done: u64,
    /// Up to which record somebody wants everything flushed.
    wanted: Option<u64>,
    /// Up to which record everything was flushed.
    flushed: u64,
    /// How often something was flushed, and how that went the last time.
    flushings: u64,
    result: Result<(), String>,
    pub(super) is_closed: bool,
}

/// What somebody who wants a flushing waits for.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Ticket {
    last: u64,
    flushings: u64,
}

impl Shared {
    pub(super) fn new(queue: Queue, destination: Arc<Destination>) -> Self {
        Self {
            queue,
            destination,
            state: Mutex::new(State {
                lanes: Lanes::default(),
                in_hand: 0,
                wakes_at: None,
                done: 0,
                wanted: None,
                flushed: 0,
                flushings: 0,
                result: Ok(()),
                is_closed: false,
            }),
            process: process::id(),
            work: Condvar::new(),
            room: Condvar::new(),
            flushed: Condvar::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a record into the queue. An error where it is lost, or another in its place.
    pub(super) fn push(&self, line: &Line<'_>) -> Result<(), Reason> {
        let capacity = self.queue.capacity.get();
        let mut state = self.state();
        let mut answer = Ok(());
        if state.is_full(capacity) {
            match self.queue.when_full {
                // The writer would wait for itself. What it ends of the program's operations is little.
                WhenFull::Block if IS_WRITER.get() => {}
                WhenFull::Block if self.process != process::id() => return Err(Reason::NoWriter),
                WhenFull::Block => {
                    let room = self.room.wait_while(state, |state| state.is_full(capacity));
                    state = room.unwrap_or_else(PoisonError::into_inner);
                }
                when_full => {
                    answer = Err(Reason::QueueFull);
                    if !state.lanes.make_room(line, when_full) {
                        return answer;
                    }
                }
            }
        }
        state.lanes.push(line);
        if state.wakes_at.is_some_and(|records| state.lanes.len() >= records) {
            self.work.notify_one();
        }
        answer
    }

    /// Has what is in the queue now written and flushed, while somebody waits until then at the most.
    pub(super) fn request_flush(&self, until: Option<Instant>) -> Ticket {
        let mut state = self.state();
        let ticket = Ticket { last: state.lanes.last(), flushings: state.flushings };
        state.wanted = state.wanted.max(Some(ticket.last));
        self.work.notify_one();
        drop(state);
        quietly(|| self.destination.sink.hurry(until));
        ticket
    }

    /// Waits until what was requested is done, or the time is over.
    pub(super) fn wait_for(
        &self,
        ticket: Ticket,
        until: Option<Instant>,
    ) -> Result<(), FlushFailure> {
        let mut state = self.state();
        while state.flushed < ticket.last || state.flushings == ticket.flushings {
            let left = match until {
                Some(until) => until.saturating_duration_since(Instant::now()),
                None => Duration::MAX,
            };
            if left.is_zero() {
                let queued = state.queued();
                drop(state);
                let trouble = quietly(|| self.destination.sink.trouble()).flatten();
                return Err(FlushFailure::TimedOut { queued, trouble });
            }
            let waited = self.flushed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.result.clone().map_err(FlushFailure::Failed)
    }

    /// No more records will come.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.work.notify_one();
    }
}

/// What the thread that writes does with the queue.
impl Shared {
    pub(super) fn begin_writing(&self) {
        IS_WRITER.set(true);
    }

    /// What was in `batch` is done: there is room again.
    pub(super) fn finish(&self, batch: &mut Vec<Waiting>) -> MutexGuard<'_, State> {
        let mut state = self.state();
        if let Some(last) = batch.last() {
            state.done = last.number;
        }
        for waiting in batch.drain(..) {
            state.lanes.recycle(waiting.bytes);
        }
        state.in_hand = 0;
        self.room.notify_all();
        state
    }

    /// Sleeps until so many records are there, or somebody waits for the writer to be done; `limit` at the most.
    pub(super) fn sleep<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        records: usize,
        limit: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        // It is not woken for less.
        state.wakes_at = Some(records);
        let mut state = match limit {
            Some(limit) => {
                let idle = |state: &mut State| state.is_idle(records);
                let waited = self.work.wait_timeout_while(state, limit, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = self.work.wait_while(state, |state| state.is_idle(records));
                waited.unwrap_or_else(PoisonError::into_inner)
            }
        };
        state.wakes_at = None;
        state
    }

    /// Everything up to the record with this number was flushed, or that failed.
    pub(super) fn has_flushed(&self, ticket: u64, result: Result<(), String>) {
        let mut state = self.state();
        state.flushed = ticket;
        state.result = result;
        state.flushings += 1;
        if state.wanted == Some(ticket) {
            state.wanted = None;
        }
        self.flushed.notify_all();
    }
}

impl State {
    fn is_full(&self, capacity: usize) -> bool {
        self.lanes.len() + self.in_hand >= capacity
    }

    pub(super) fn queued(&self) -> u64 {
        (self.lanes.len() + self.in_hand) as u64
    }

    /// Whether there are less records than this, and nobody waits for the writer to be done.
    pub(super) fn is_idle(&self, records: usize) -> bool {
        self.lanes.len() < records && self.wanted.is_none() && !self.is_closed
    }

    /// The record up to which everything may be flushed now, where somebody wants that.
    pub(super) fn due(&self) -> Option<u64> {
        self.wanted.filter(|ticket| *ticket <= self.done || self.lanes.is_empty())
    }

    /// Moves the first records into `batch`.
    pub(super) fn hand_out(&mut self, batch: &mut Vec<Waiting>, most: usize) {
        batch.extend(std::iter::from_fn(|| self.lanes.pop()).take(most));
        self.in_hand = batch.len();
    }
}
