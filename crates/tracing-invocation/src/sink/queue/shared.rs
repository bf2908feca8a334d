//! What the threads that fill a queue share with the one that writes it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
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
    /// Until when this thread waits for room, if not for as long as it takes.
    static PATIENCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Does something that waits for room in no queue for longer than until then.
pub(crate) fn waiting_until<T>(until: Option<Instant>, act: impl FnOnce() -> T) -> T {
    let before = PATIENCE.replace(until);
    let answer = act();
    PATIENCE.set(before);
    answer
}

/// A queue at work. Its lock is held for moves of memory.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) destination: Arc<Destination>,
    state: Mutex<State>,
    /// Records in the queue, and those being written. More only under the lock; less with each that is written.
    queued: AtomicUsize,
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
    /// For how many records the writer waits, where it does.
    wakes_at: Option<usize>,
    /// Up to which record everything was written, or lost.
    done: u64,
    /// Up to which records somebody wants everything flushed, each of them once.
    wanted: VecDeque<u64>,
    /// Up to which record everything was flushed.
    flushed: u64,
    /// How often something was flushed, and how that went the last time.
    flushings: u64,
    result: Result<(), String>,
    pub(super) is_closed: bool,
    /// Whether it is known that this is a forked process, and nobody writes.
    is_abandoned: bool,
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
                wakes_at: None,
                done: 0,
                wanted: VecDeque::new(),
                flushed: 0,
                flushings: 0,
                result: Ok(()),
                is_closed: false,
                is_abandoned: false,
            }),
            queued: AtomicUsize::new(0),
            process: process::id(),
            work: Condvar::new(),
            room: Condvar::new(),
            flushed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state; nothing where this is a process that was forked while the writer held the lock, which stays locked.
    fn state_here(&self) -> Option<MutexGuard<'_, State>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(state)) => Some(state.into_inner()),
            Err(TryLockError::WouldBlock) => (!self.is_forked()).then(|| self.state()),
        }
    }

    /// Puts a record into the queue. Returns why another one was lost in its place, if one was; an error where this one is lost.
    pub(super) fn push(&self, line: &Line<'_>) -> Result<Option<Reason>, Reason> {
        let mut state = self.state_here().ok_or(Reason::NoWriter)?;
        let is_full = self.is_full(&state);
        // Asking the system each time would be dear.
        if (is_full || state.wakes_at.is_some() || state.lanes.last() % 64 == 0) && self.is_forked()
        {
            state.is_abandoned = true;
        }
        if state.is_abandoned {
            return Err(Reason::NoWriter);
        }
        let mut dropped = None;
        if is_full {
            match self.queue.when_full {
                // The writer would wait for itself. What it ends of the program's operations is little.
                WhenFull::Block if IS_WRITER.get() => {}
                WhenFull::Block => {
                    state = self.wait_for_room(state);
                    if self.is_full(&state) {
                        return Err(Reason::QueueFull);
                    }
                }
                when_full => {
                    if !state.lanes.make_room(line, when_full) {
                        return Err(Reason::QueueFull);
                    }
                    dropped = Some(Reason::QueueFull);
                    self.queued.fetch_sub(1, Ordering::Relaxed);
                }
            }
        }
        state.lanes.push(line);
        self.queued.fetch_add(1, Ordering::Relaxed);
        if state.wakes_at.is_some_and(|records| state.lanes.len() >= records) {
            self.work.notify_one();
        }
        Ok(dropped)
    }

    /// Has what is in the queue now written and flushed, while somebody waits until then at the most.
    pub(super) fn request_flush(&self, until: Option<Instant>) -> Ticket {
        let Some(mut state) = self.state_here() else {
            return Ticket { last: 0, flushings: 0 };
        };
        let ticket = Ticket { last: state.lanes.last(), flushings: state.flushings };
        if state.wanted.back() != Some(&ticket.last) {
            state.wanted.push_back(ticket.last);
        }
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
        if self.is_forked() {
            return Err(FlushFailure::Failed(Reason::NoWriter.text().to_owned()));
        }
        if IS_WRITER.get() {
            let error = "a thread that writes a queue does not wait for one";
            return Err(FlushFailure::Failed(error.to_owned()));
        }
        let mut state = self.state();
        while state.flushed < ticket.last || state.flushings == ticket.flushings {
            let left = match until {
                Some(until) => until.saturating_duration_since(Instant::now()),
                None => Duration::MAX,
            };
            if left.is_zero() {
                drop(state);
                let trouble = quietly(|| self.destination.sink.trouble()).flatten();
                return Err(FlushFailure::TimedOut { queued: self.queued(), trouble });
            }
            let waited = self.flushed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.result.clone().map_err(FlushFailure::Failed)
    }

    /// Records in the queue, and those being written.
    pub(super) fn queued(&self) -> u64 {
        self.queued.load(Ordering::Relaxed) as u64
    }

    /// What the writer has in hand takes no room: there is always something to drop that waits.
    fn is_full(&self, state: &State) -> bool {
        state.lanes.len() >= self.queue.capacity.get()
    }

    /// Waits for room, while this thread has patience.
    fn wait_for_room<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let is_full = |state: &mut State| self.is_full(state);
        match PATIENCE.get() {
            None => self.room.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                let waited = self.room.wait_timeout_while(state, left, is_full);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Whether this is another process than the one whose thread writes.
    fn is_forked(&self) -> bool {
        self.process != process::id()
    }

    /// No more records will come.
    pub(super) fn close(&self) {
        if let Some(mut state) = self.state_here() {
            state.is_closed = true;
        }
        self.work.notify_one();
    }
}

/// What the thread that writes does with the queue.
impl Shared {
    pub(super) fn begin_writing(&self) {
        IS_WRITER.set(true);
    }

    /// So many of what was handed out are written, or lost.
    pub(super) fn is_through(&self, records: usize) {
        self.queued.fetch_sub(records, Ordering::Relaxed);
    }

    /// What was in `batch` is done.
    pub(super) fn finish(&self, batch: &mut Vec<Waiting>) -> MutexGuard<'_, State> {
        let mut state = self.state();
        if let Some(last) = batch.last() {
            state.done = last.number;
        }
        for waiting in batch.drain(..) {
            state.lanes.recycle(waiting.bytes);
        }
        state
    }

    /// Moves the first records into `batch`: there is room again.
    pub(super) fn hand_out(&self, state: &mut State, batch: &mut Vec<Waiting>, most: usize) {
        batch.extend(std::iter::from_fn(|| state.lanes.pop()).take(most));
        self.room.notify_all();
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
    pub(super) fn has_flushed(&self, last: u64, result: Result<(), String>) {
        let mut state = self.state();
        state.flushed = last;
        state.result = result;
        state.flushings += 1;
        let served = state.wanted.partition_point(|wanted| *wanted <= last);
        state.wanted.drain(..served);
        self.flushed.notify_all();
    }
}

impl State {
    /// Whether there are less records than this, and nobody waits for the writer to be done.
    pub(super) fn is_idle(&self, records: usize) -> bool {
        self.lanes.len() < records && self.wanted.is_empty() && !self.is_closed
    }

    /// The record up to which everything may be flushed now, where somebody wants that. Asked while nothing is in hand.
    pub(super) fn due(&self) -> Option<u64> {
        // Who came first is served first: who came later may wait for records that go on coming.
        let done = if self.lanes.is_empty() { self.lanes.last() } else { self.done };
        self.wanted.front().filter(|wanted| **wanted <= done).map(|_| done)
    }
}
