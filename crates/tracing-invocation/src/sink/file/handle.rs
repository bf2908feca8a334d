//! A file that belongs to a layer, seen from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::keeper::Keeper;

/// What a file shares with its handles.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Apart, because a handler of signals holds on to it.
    pub(super) reopen: Arc<AtomicBool>,
    pub(super) keeper: Arc<Keeper>,
}

impl Shared {
    /// Whether somebody asked for the file to be opened anew since the last time.
    pub(super) fn must_reopen(&self) -> bool {
        self.reopen.load(Ordering::Relaxed) && self.reopen.swap(false, Ordering::SeqCst)
    }
}

/// A [`File`](super::File) that a layer has, seen from outside. Clones speak of the same file.
#[derive(Clone, Debug)]
pub struct FileHandle(Arc<Shared>);

impl FileHandle {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self(Arc::clone(shared))
    }

    /// Has the next record open the file anew, whatever became of the one that is open.
    ///
    /// ```
    /// use std::fs;
    /// use tracing_invocation::sink::File;
    /// use tracing_subscriber::prelude::*;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("shop.jsonl");
    /// # let moved = folder.path().join("shop.1.jsonl");
    /// let file = File::open(&path)?;
    /// let handle = file.handle();
    /// let subscriber = tracing_subscriber::registry().with(tracing_invocation::layer().with_sink(file));
    ///
    /// fs::rename(&path, &moved)?;
    /// handle.reopen();
    /// # let _default = tracing::subscriber::set_default(subscriber);
    /// tracing::info_span!("sync").in_scope(|| {});
    ///
    /// assert_eq!(fs::read(&moved)?.len(), 0);
    /// assert_eq!(fs::read_to_string(&path)?.lines().count(), 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reopen(&self) {
        self.0.reopen.store(true, Ordering::SeqCst);
    }

    /// Waits until rotated files are compressed and those that are too many removed, `deadline` at the most. Whether
    /// that is done.
    ///
    /// A program may end without: what is left is done when the file is next written. Call it before the log is ended by a
    /// [`Guard`](crate::Guard), which gives up what is not done.
    #[must_use]
    pub fn wait_until_tidy(&self, deadline: Duration) -> bool {
        self.0.keeper.wait(deadline)
    }
}
