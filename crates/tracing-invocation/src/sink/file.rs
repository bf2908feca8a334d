//! A sink that owns its file.

mod appender;
mod archive;
#[cfg(feature = "gzip")]
mod gzip;
mod handle;
mod keeper;
mod open;
mod rotation;

pub use handle::FileHandle;
pub use rotation::{Period, Rotation};

use std::fmt;
use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{Incident, Line, OnFailure, Sink};
use appender::{Appender, Rules};
use handle::Shared;
use keeper::{Chores, Keeper};

/// Appends each record to a file of its own, with one `write` of one whole line.
///
/// - **Whole lines.** The file is opened with `O_APPEND`: several sinks, and several processes, may append to one file of
///   a local file system, and no record lands inside another. Where the file ends in the middle of a line, because a
///   process was killed or the disk was full, the next record begins with a newline.
/// - **Moved files.** A file that was renamed or removed is found out by its device and inode, and opened anew: within
///   [a second](Self::with_check_interval), or before the next record where a signal or a [`FileHandle`] says so. What
///   is written until then stands in the renamed file; in a removed one, it is gone. Where its path cannot be looked at,
///   as by a daemon that gave up its privileges, or no file can be opened there, records go on into the one that is open,
///   unless it was removed, and [`on_failure`](Self::on_failure) is told.
/// - **Symbolic links.** A path that is one stands for the file that it leads to when the sink is made: that one is
///   written, found out to be moved, and rotated beside itself. The link stays as it is; where it leads to later is no
///   matter.
/// - **Failures.** A record that cannot be written is an error of this sink, and so counted and told by its
///   [`Output`](super::Output). The next record tries again, and opens the file, and creates its folder, where they are
///   missing: no restart is needed.
/// - **Rotation**, where it was [chosen](Self::with_rotation), never parts a record, and never loses one: where it fails,
///   records go on into the same file.
/// - **Truncated files.** Where another program copies the file and then truncates it, as logrotate's `copytruncate`
///   does, lines stay whole, and records that were written between the two are gone. Renaming loses none.
///
/// What is written is with the operating system, and outlives the process. Flushing waits until the disk has the
/// current file.
///
/// It is written by the thread that ends the operation, one at a time, unless it stands behind a
/// [`Queue`](super::Queue).
///
/// ```
/// use tracing_invocation::sink::{File, Output, Period, Queue, Rotation};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("log/shop.jsonl");
/// let rotation = Rotation::new()
///     .with_period(Period::Day)
///     .with_max_bytes(100_000_000)
///     .with_kept(14);
/// let file = File::open(&path)?.with_rotation(rotation);
/// let layer = tracing_invocation::layer()
///     .with_sink(Output::new(file).with_queue(Queue::new(10_000)));
/// # let guard = layer.guard();
/// # tracing_subscriber::layer::SubscriberExt::with(tracing_subscriber::registry(), layer);
/// # drop(guard);
/// assert!(path.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a file is written by a layer that has it"]
pub struct File {
    shared: Arc<Shared>,
    path: PathBuf,
    rules: Rules,
    clock: Box<dyn Fn() -> SystemTime + Send + Sync>,
    on_failure: OnFailure,
    appender: Mutex<Appender>,
    #[cfg(all(feature = "signal", unix))]
    signals: Vec<signal_hook::SigId>,
}

impl File {
    /// A sink that appends to the file at `path`, which is created, and its folder with it, where it is missing.
    ///
    /// A relative path is one of the folder that the process is in now.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened for reading and appending, and where it is a folder, a pipe or a device:
    /// [`JsonLines`](super::JsonLines) writes to the latter two. The error names the path.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let given = path.as_ref();
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", given.display()))
        };
        // The process may change its folder, and a path that is opened again must not.
        let path = path::absolute(given).and_then(open::resolve).map_err(named)?;
        let appender = Appender::open(&path).map_err(named)?;
        Ok(Self {
            shared: Arc::default(),
            path,
            rules: Rules { rotation: None, check_interval: Duration::from_secs(1) },
            clock: Box::new(SystemTime::now),
            on_failure: OnFailure::default(),
            appender: Mutex::new(appender),
            #[cfg(all(feature = "signal", unix))]
            signals: Vec::new(),
        })
    }

    /// Sets the file aside when the rotation says so, and begins a new one in its place.
    pub fn with_rotation(mut self, rotation: Rotation) -> Self {
        self.rules.rotation = Some(rotation);
        self
    }

    /// For how long it may write to a file that was renamed or removed before it looks. One second by default; zero
    /// looks before every record, which costs two microseconds or so. A rotation that failed is tried again as often.
    pub fn with_check_interval(mut self, check_interval: Duration) -> Self {
        self.rules.check_interval = check_interval;
        self
    }

    /// Opens the file anew before the next record whenever the process gets this signal: `SIGHUP` by custom, as the
    /// `postrotate` script of logrotate sends it.
    ///
    /// What the signal did before, such as ending the process, it does no longer, not even when the sink is dropped.
    /// Handlers that were registered through `signal-hook`, or by tokio, stay.
    ///
    /// # Errors
    ///
    /// Where nobody may handle the signal, or there is none of that number.
    ///
    /// ```
    /// use signal_hook::consts::{SIGHUP, SIGKILL};
    /// use tracing_invocation::sink::File;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("shop.jsonl");
    /// let file = File::open(&path)?.reopen_on_signal(SIGHUP)?;
    /// assert!(file.reopen_on_signal(SIGKILL).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(all(feature = "signal", unix))]
    pub fn reopen_on_signal(mut self, signal: std::ffi::c_int) -> io::Result<Self> {
        // These make the registration panic.
        if signal_hook::consts::FORBIDDEN.contains(&signal) {
            let text = format!("signal {signal} cannot be handled: SIGHUP or SIGUSR1 can");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let flag = Arc::clone(&self.shared.reopen);
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("signal {signal}: {error}"));
        self.signals.push(signal_hook::flag::register(signal, flag).map_err(named)?);
        Ok(self)
    }

    /// Takes the time from this clock, by which files are rotated and named: for tests of programs. A panic of it is
    /// one of the sink.
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// What it does where files cannot be opened anew, rotated, compressed or removed as they should be, once until they
    /// can: by default, it says so on stderr. What records are lost is a matter of the [`Output`](super::Output).
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Has the file opened anew, or waits for what its rotation has still to do.
    #[must_use]
    pub fn handle(&self) -> FileHandle {
        FileHandle::new(&self.shared)
    }

    /// Compresses and removes what the rotation says.
    fn tidy(&self, rotation: &Rotation) {
        let chores = Chores {
            path: self.path.clone(),
            rotation: rotation.clone(),
            on_failure: self.on_failure.clone(),
        };
        Keeper::tidy(&self.shared.keeper, chores);
    }
}

impl Sink for File {
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        // Not under the lock: it may be a function of the program's own.
        let now = (self.clock)();
        let appended = {
            let mut appender = self.appender.lock().unwrap_or_else(PoisonError::into_inner);
            let reopen = self.shared.must_reopen();
            appender.append(&self.path, &self.rules, line.bytes(), now, reopen)
        };
        for error in appended.trouble {
            self.on_failure.tell(&Incident::Unrotated { output: &self.name(), error: &error });
        }
        if let Some(rotation) = &self.rules.rotation
            && appended.is_untidy
        {
            self.tidy(rotation);
        }
        appended.written
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn wind_up(&self, until: Option<Instant>) {
        self.shared.keeper.give_up(until);
    }

    fn flush(&self) -> io::Result<()> {
        let file = self.appender.lock().unwrap_or_else(PoisonError::into_inner).file();
        // A disk may take its time, and the lock is free by now.
        file?.map_or(Ok(()), |file| file.sync_data())
    }
}

#[cfg(all(feature = "signal", unix))]
impl Drop for File {
    fn drop(&mut self) {
        for signal in self.signals.drain(..) {
            signal_hook::low_level::unregister(signal);
        }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("path", &self.path)
            .field("rules", &self.rules)
            .field("on_failure", &self.on_failure)
            .finish_non_exhaustive()
    }
}
