//! Where lines come from: files, plain or gzip, and stdin.

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

/// What is made of lines, by one of several threads.
pub(crate) trait Reading: Send {
    /// Takes a line, without its end, and says what it was.
    fn line(&mut self, at: Place, line: &[u8]) -> Kind;

    /// The last line of a block was taken: what is shared with other threads may be, once for many lines.
    fn pause(&mut self) {}
}

/// Reads every line of all sources, on as many threads as there are processors, each of which takes blocks of lines as they
/// come.
///
/// Returns what each made of its lines, and the account of them all. A source that cannot be read is a
/// [`Trouble`] of the account; the others are read.
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
        // Only the workers take blocks: once all of them are gone, nobody waits until there is room for one more.
        drop(full);
        let mut account = blocks::cut(sources, progress, &empty, |block| {
            // A thread that is gone has panicked, which is told where it is joined.
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

fn work<R: Reading>(
    mut reading: R,
    full: &Mutex<Receiver<Block>>,
    empty: &SyncSender<Vec<u8>>,
) -> (R, Account) {
    let mut account = Account::default();
    loop {
        let next = full.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(block) = next else { return (reading, account) };
        for (at, line) in block.lines() {
            account.count(at, reading.line(at, line));
        }
        reading.pause();
        // Where enough are waiting, or nobody cuts any more, the memory is given back.
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
    fn a_panic_on_every_thread_is_seen_and_nobody_waits_for_them() {
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
