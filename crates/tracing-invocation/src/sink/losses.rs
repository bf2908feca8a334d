//! What an output lost and has not yet told of in its own log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Map, json};

use super::counters::Reason;
use super::notice::notice_since;
use crate::convention::{delivery, error};
use crate::record::Record;

/// The records that were lost since the log last said so.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// How many, so that asking costs nothing where there are none.
    count: AtomicU64,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// What is still to be told.
    next: Option<Story>,
    /// When something was told last.
    last: Option<Instant>,
    /// Whether it was said that records are being lost, and not yet that this is over.
    is_losing: bool,
    /// The thread that says it, where it is one of its own.
    teller: Option<JoinHandle<()>>,
}

/// When losses are told: what comes and goes quickly would fill the log with records about the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// At most once in [`PAUSE`].
    Due,
    /// At once.
    Now,
}

/// How long after losses were told others are not.
const PAUSE: Duration = Duration::from_secs(1);

/// What is to be told of some lost records.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) queue_full: u64,
    pub(super) write_failed: u64,
    pub(super) no_writer: u64,
    pub(super) since: SystemTime,
    pub(super) until: SystemTime,
    /// Why the latest was lost.
    error: String,
}

impl Losses {
    #[inline]
    pub(super) fn has_any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Notes lost records. Whether losing begins with them; if so, `tell` may start a thread that says it.
    pub(super) fn note(
        &self,
        (reason, records): (Reason, u64),
        error: &str,
        tell: impl FnOnce() -> Option<JoinHandle<()>>,
    ) -> bool {
        let now = SystemTime::now();
        let mut story = Story { error: error.to_owned(), ..Story::at(now) };
        match reason {
            Reason::QueueFull => story.queue_full = records,
            Reason::WriteFailed => story.write_failed = records,
            Reason::NoWriter => story.no_writer = records,
        }
        let mut told = self.told();
        self.add(&mut told, story);
        let begins = !std::mem::replace(&mut told.is_losing, true);
        if begins {
            told.teller = tell();
        }
        begins
    }

    /// Waits until it is said that records are being lost.
    pub(super) fn wait_for_teller(&self) {
        let teller = self.told().teller.take();
        // What it calls is fenced, so that it does not panic.
        let _ = teller.map(JoinHandle::join);
    }

    /// That is over, unless more was lost meanwhile: then the answer is why.
    pub(super) fn end(&self) -> Option<String> {
        let mut told = self.told();
        told.is_losing = told.next.is_some();
        told.next.as_ref().map(|story| story.error.clone())
    }

    /// What is to be told. Whoever takes it tells it, or puts it back.
    pub(super) fn take(&self, telling: Telling) -> Option<Story> {
        if !self.has_any() {
            return None;
        }
        let mut told = self.told();
        let is_recent = told.last.is_some_and(|last| last.elapsed() < PAUSE);
        if telling == Telling::Due && is_recent {
            return None;
        }
        let story = told.next.take()?;
        told.last = Some(Instant::now());
        self.count.store(0, Ordering::Relaxed);
        Some(story)
    }

    /// How many records are still to be told of, and when the first and the last of them were lost.
    pub(super) fn untold(&self) -> Option<(u64, SystemTime, SystemTime)> {
        self.told().next.as_ref().map(|story| (story.lost(), story.since, story.until))
    }

    /// What could not be told is told another time.
    pub(super) fn put_back(&self, story: Story) {
        let mut told = self.told();
        self.add(&mut told, story);
        told.last = None;
    }

    fn add(&self, told: &mut Told, more: Story) {
        let all = match told.next.take() {
            Some(known) => known.and(more),
            None => more,
        };
        self.count.store(all.lost(), Ordering::Relaxed);
        told.next = Some(all);
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Story {
    fn at(now: SystemTime) -> Self {
        let error = String::new();
        Self { queue_full: 0, write_failed: 0, no_writer: 0, since: now, until: now, error }
    }

    fn and(self, more: Self) -> Self {
        let error = if more.until >= self.until { more.error } else { self.error };
        Self {
            queue_full: self.queue_full + more.queue_full,
            write_failed: self.write_failed + more.write_failed,
            no_writer: self.no_writer + more.no_writer,
            since: self.since.min(more.since),
            until: self.until.max(more.until),
            error,
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.queue_full + self.write_failed + self.no_writer
    }

    /// The record that tells it: as of an operation that delivers records, and failed.
    pub(super) fn record(&self, output: &str) -> Record {
        let lost = self.lost();
        let of_time = |time| humantime::format_rfc3339_micros(time).to_string();
        let details = json!({
            "output": output,
            (delivery::LOST): lost,
            "queue_full": self.queue_full,
            "write_failed": self.write_failed,
            "no_writer": self.no_writer,
            "since": of_time(self.since),
            "until": of_time(self.until),
        });
        let error = Map::from_iter([
            (error::TYPE.to_owned(), delivery::RECORDS_LOST.into()),
            (error::MESSAGE.to_owned(), format!("{lost} records were lost: {}", self.error).into()),
            (error::DETAILS.to_owned(), details),
        ]);
        notice_since(error, self.since)
    }
}
