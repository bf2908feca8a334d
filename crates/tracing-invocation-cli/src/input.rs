//! Reads lines from files (plain or gzip) and stdin, on several threads.
//!
//! One thread reads the sources and cuts them into blocks of whole lines; workers parse the blocks. What a line means is
//! the business of the [`Reading`] that a command supplies.

mod account;
mod blocks;
mod source;

pub(crate) use account::{Account, Place, Trouble};
pub(crate) use blocks::{Block, MAX_LINE};
pub(crate) use source::{Progress, Repeated, Source};

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::line::Kind;

/// The part of a command that takes lines. Each worker thread has one of its own.
pub(crate) trait Reading: Send {
    /// Takes a line, without its line ending, and returns its kind.
    fn line(&mut self, at: Place, line: &[u8]) -> Kind;

    /// Called after the last line of each block. This is the place to lock and update state that threads share: once per
    /// block, instead of once per line.
    fn pause(&mut self) {}
}

/// Reads every line of all sources, with one worker thread per processor.
///
/// Returns the readings of all workers, and the combined account. A source that cannot be read becomes a [`Trouble`] of
/// the account, and the other sources are still read.
///
/// # Ordering
///
/// A block goes to whichever worker is free, so there is no order between the blocks that different workers take. The
/// result of a command must not depend on it: a [`Place`] tells where in the log a line stands.
///
/// # Backpressure and shutdown
///
/// Full blocks travel through a bounded channel, so the cutting thread blocks while the workers are busy, and memory stays
/// bounded. Empty buffers travel back through a second channel for reuse. The cutter drops the sending half when all
/// sources are read, and the workers end when the channel is empty. The cutter must not keep a receiver of its own: if all
/// workers panicked, `send` would block forever instead of failing.
///
/// # Panics
///
/// If a [`Reading`] panics, its panic resumes here.
pub(crate) fn read<R: Reading>(
    sources: &[Source],
    progress: &Progress,
    new: impl Fn() -> R + Sync,
) -> (Vec<R>, Account) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let (send_full, full) = sync_channel(threads * 2);
    let (send_empty, empty) = sync_channel(threads * 4);
    let full = Arc::new(Mutex::new(full));
    thread::scope(|scope| {
        let new = &new;
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (full, send_empty) = (Arc::clone(&full), send_empty.clone());
                scope.spawn(move || work(new(), &full, &send_empty))
            })
            .collect();
        // Only the workers may hold the receiver: once all of them are gone, `send` fails instead of blocking.
        drop(full);
        let mut account = blocks::cut(sources, progress, &empty, |block| {
            // `send` fails only if every worker panicked. Stop cutting; the join below resumes the panic.
            send_full.send(block).is_ok()
        });
        drop(send_full);
        let mut readings = Vec::with_capacity(threads);
        for worker in workers {
            match worker.join() {
                Ok((reading, of_worker)) => {
                    readings.push(reading);
                    account.absorb(of_worker);
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        (readings, account)
    })
}

/// Takes blocks until the cutter is done and the channel is empty.
fn work<R: Reading>(
    mut reading: R,
    full: &Mutex<Receiver<Block>>,
    empty: &SyncSender<Vec<u8>>,
) -> (R, Account) {
    let mut account = Account::default();
    loop {
        // The lock is held while this worker waits for a block, which makes the receiver a queue for several consumers. It
        // is released before the block is processed. A poisoned lock is fine: no state is behind it but the receiver.
        let next = full.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(block) = next else { return (reading, account) };
        for (at, line) in block.lines() {
            account.count(at, reading.line(at, line));
        }
        reading.pause();
        // Return the buffer for reuse. If the channel is full, or the cutter is done, the buffer is freed instead:
        // blocking here could deadlock with a cutter that blocks on `send`.
        let _ = empty.try_send(block.bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    struct Panics;

    impl Reading for Panics {
        fn line(&mut self, _: Place, _: &[u8]) -> Kind {
            panic!("whatever the line")
        }
    }

    #[test]
    fn a_panic_on_every_worker_is_resumed_without_a_deadlock() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let blocks = 8 * thread::available_parallelism().unwrap().get();
        std::fs::write(&log, "a line\n".repeat(blocks << 18)).unwrap();
        let (send, ended) = channel();
        thread::spawn(move || {
            let sources = [Source::File(log)];
            let read = || read(&sources, &Progress::default(), || Panics);
            let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
            send.send(read.is_err()).unwrap();
        });
        assert_eq!(ended.recv_timeout(Duration::from_secs(60)), Ok(true));
    }
}
