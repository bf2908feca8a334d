//! What is done about files that were set aside, and on whose time.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Incident, OnFailure};
use super::archive;
use super::rotation::Rotation;
use crate::payload::text::quietly;

/// What is to be done about files that were set aside.
#[derive(Clone, Debug)]
pub(super) struct Chores {
    pub(super) path: PathBuf,
    pub(super) rotation: Rotation,
    pub(super) on_failure: OnFailure,
}

/// Sees to it that chores are done, on a thread that lives for as long as there are any.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    work: Mutex<Work>,
    is_done: Condvar,
    has_failed: AtomicBool,
    /// Asks the thread to give up. The thread takes it back when it has.
    must_stop: AtomicBool,
}

#[derive(Debug, Default)]
struct Work {
    is_wanted: bool,
    is_running: bool,
}

impl Keeper {
    /// Does the chores, at once where that is quick.
    pub(super) fn tidy(keeper: &Arc<Self>, chores: Chores) {
        if !chores.rotation.is_compressing {
            return keeper.run(&chores);
        }
        {
            let mut work = keeper.work();
            work.is_wanted = true;
            if work.is_running {
                return;
            }
            work.is_running = true;
        }
        let (worker, todo) = (Arc::clone(keeper), chores.clone());
        let thread = thread::Builder::new().name("tracing-invocation-gzip".to_owned());
        if let Err(error) = thread.spawn(move || worker.work_on(&todo)) {
            keeper.work().is_running = false;
            keeper.tell(&chores, Err(("no thread to compress files", error)));
        }
    }

    /// Waits until nothing is left to do, `deadline` at the most. Whether nothing is.
    pub(super) fn wait(&self, deadline: Duration) -> bool {
        let work = self.work();
        let waited = self.is_done.wait_timeout_while(work, deadline, |work| work.is_running);
        let (work, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !work.is_running && !work.is_wanted
    }

    /// Has the thread give up compressing, and waits until it has removed the file that it was writing, but no longer
    /// than `until`. The process may end at any moment after that; the next chores begin anew.
    pub(super) fn give_up(&self, until: Option<Instant>) {
        let work = self.work();
        if !work.is_running {
            return;
        }
        self.must_stop.store(true, Ordering::Relaxed);
        let is_running = |work: &mut Work| work.is_running;
        match until {
            None => drop(self.is_done.wait_while(work, is_running)),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                drop(self.is_done.wait_timeout_while(work, left, is_running));
            }
        }
    }

    /// Does chores until nobody wants any, or until it is to give up.
    fn work_on(&self, chores: &Chores) {
        loop {
            {
                let mut work = self.work();
                if self.must_stop.swap(false, Ordering::Relaxed) {
                    // What it gave up is still to be done.
                    work.is_wanted = true;
                    work.is_running = false;
                } else if !std::mem::take(&mut work.is_wanted) {
                    work.is_running = false;
                }
                if !work.is_running {
                    self.is_done.notify_all();
                    return;
                }
            }
            quietly(|| self.run(chores));
        }
    }

    fn run(&self, chores: &Chores) {
        let must_stop = || self.must_stop.load(Ordering::Relaxed);
        self.tell(chores, chores.run(&must_stop));
    }

    /// Tells what went wrong, once until something went well.
    fn tell(&self, chores: &Chores, done: Result<(), (&str, io::Error)>) {
        let Err((what, error)) = done else {
            self.has_failed.store(false, Ordering::Relaxed);
            return;
        };
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            let output = chores.path.display().to_string();
            let error = format!("{what}: {error}");
            chores.on_failure.tell(&Incident::Unrotated { output: &output, error: &error });
        }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chores {
    /// Removes first, as what goes need not be compressed. Fails with what it was about.
    fn run(&self, must_stop: &dyn Fn() -> bool) -> Result<(), (&'static str, io::Error)> {
        let Rotation { kept, is_compressing, .. } = self.rotation;
        let pruned = archive::prune(&self.path, kept, is_compressing);
        let pruned = pruned.map_err(|error| ("a rotated file cannot be removed", error));
        #[cfg(not(feature = "gzip"))]
        let _ = must_stop;
        #[cfg(feature = "gzip")]
        let pruned = pruned.and(match is_compressing {
            true => super::gzip::compress_all(&self.path, must_stop)
                .map_err(|error| ("a rotated file cannot be compressed", error)),
            false => Ok(()),
        });
        pruned
    }
}
