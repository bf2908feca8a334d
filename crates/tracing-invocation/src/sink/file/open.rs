//! A file that is open for appending.

use std::fs::{self, FileTimes, Metadata, Permissions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::super::whole_lines::write_whole;

/// As many links as Linux follows. Opening a path of more fails.
const MAX_LINKS: usize = 40;

/// A file that is open for appending, and what is known of it.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: fs::File,
    /// As it was when it was opened.
    metadata: Metadata,
    len: u64,
    written: SystemTime,
    /// Whether it is known how it ends.
    is_seen: bool,
    is_torn: AtomicBool,
}

impl OpenFile {
    /// Opens the file at `path`. One that is created, and its folder, has `permissions`, where they are given.
    pub(super) fn open(path: &Path, permissions: Option<&Permissions>) -> io::Result<Self> {
        if let Ok(found) = fs::metadata(path) {
            // Opening a pipe may wait for its reader, and opening a device may do anything.
            is_file(&found)?;
        }
        let file = match create(path, permissions) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                create(path, permissions)
            }
            other => other,
        }?;
        let metadata = file.metadata()?;
        is_file(&metadata)?;
        let (len, written) = (metadata.len(), metadata.modified()?);
        Ok(Self { file, metadata, len, written, is_seen: false, is_torn: AtomicBool::new(false) })
    }

    /// Finds out, once, whether it ends in the middle of a line. Just before something is appended: another process that
    /// opened it at the same time may have ended that line.
    pub(super) fn look(&mut self) -> io::Result<()> {
        if !self.is_seen {
            self.is_torn.store(is_torn(&self.file)?, Ordering::Relaxed);
            self.is_seen = true;
        }
        Ok(())
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// When something was appended to it last.
    pub(super) fn written(&self) -> SystemTime {
        self.written
    }

    /// How many bytes appending so many takes.
    pub(super) fn needed(&self, bytes: usize) -> usize {
        bytes + usize::from(self.is_torn.load(Ordering::Relaxed))
    }

    pub(super) fn permissions(&self) -> Option<Permissions> {
        self.file.metadata().ok().map(|metadata| metadata.permissions())
    }

    /// The same open file, once more.
    pub(super) fn another(&self) -> io::Result<fs::File> {
        self.file.try_clone()
    }

    /// Whether it is the file at `path`. Finds out how large it is by now: others may append to it, or truncate it.
    ///
    /// Fails where that cannot be seen, as in a folder that only another user may enter, and it stands somewhere.
    pub(super) fn is_at(&mut self, path: &Path) -> io::Result<bool> {
        match fs::metadata(path) {
            Ok(there) if is_same(&there, &self.metadata) => {
                self.len = there.len();
                Ok(true)
            }
            Err(error) if !is_absence(&error) && self.has_name() => Err(error),
            _ => Ok(false),
        }
    }

    /// Whether it stands in any folder: what is written to one that was removed is gone.
    pub(super) fn has_name(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| has_name(&metadata))
    }

    /// Ends a line of which a part stands alone.
    pub(super) fn heal(&mut self) -> io::Result<()> {
        let needed = self.needed(0);
        write_whole(&mut self.file, b"", &self.is_torn)?;
        self.len += needed as u64;
        Ok(())
    }

    /// Appends a line, behind a newline where a part of another stands alone.
    pub(super) fn append(&mut self, line: &[u8], now: SystemTime) -> io::Result<()> {
        let needed = self.needed(line.len());
        write_whole(&mut self.file, line, &self.is_torn)?;
        let is_first = self.len == 0;
        self.len += needed as u64;
        // A thread that waited for another comes with an earlier time; a clock that was set back is to be believed.
        let was_set_back = now + Duration::from_secs(60) < self.written;
        if is_first || self.written < now || was_set_back {
            self.written = now;
        }
        Ok(())
    }
}

/// The path of the file that the symbolic link at `path` leads to, through others where they follow, or `path` itself.
/// Links among its folders stay: what they lead to may change.
pub(super) fn resolve(path: PathBuf) -> io::Result<PathBuf> {
    if let Ok(found) = fs::metadata(&path) {
        // What leads to a pipe or a device need not be a path.
        is_file(&found)?;
    }
    let mut resolved = path;
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&resolved) else {
            break;
        };
        // In the place of the link. An absolute one takes the place of all.
        resolved.pop();
        resolved.push(target);
    }
    Ok(resolved)
}

fn is_file(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let text = match metadata.is_dir() {
        true => "is a folder: give the path of a file in it",
        false => "is no regular file: open it, and give it to JsonLines",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

fn create(path: &Path, permissions: Option<&Permissions>) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    // Read, because its last byte says whether its last line is whole.
    options.read(true).append(true).create(true);
    restrict(&mut options, permissions);
    options.open(path)
}

/// Has a file that is created be no more open than `permissions`.
pub(super) fn restrict(options: &mut fs::OpenOptions, permissions: Option<&Permissions>) {
    #[cfg(unix)]
    if let Some(permissions) = permissions {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        options.mode(permissions.mode() & 0o777);
    }
    #[cfg(not(unix))]
    let _ = (options, permissions);
}

#[cfg(unix)]
fn is_same(there: &Metadata, here: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (there.dev(), there.ino()) == (here.dev(), here.ino())
}

/// Elsewhere an open file cannot be renamed or removed.
#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn has_name(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.nlink() > 0
}

#[cfg(not(unix))]
fn has_name(_: &Metadata) -> bool {
    true
}

/// Whether the error says that there is nothing at a path.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether the file ends in the middle of a line.
fn is_torn(file: &fs::File) -> io::Result<bool> {
    if !ends_amid_a_line(file)? {
        return Ok(false);
    }
    // A part of what another process is just appending looks like that, too. Linux writes, and sets times, under one
    // lock of the file: once this is done, that is whole. Whether it succeeds is no matter.
    let _ = file.set_times(FileTimes::new().set_accessed(SystemTime::now()));
    ends_amid_a_line(file)
}

fn ends_amid_a_line(mut file: &fs::File) -> io::Result<bool> {
    let len = file.seek(SeekFrom::End(0))?;
    let mut last = [b'\n'];
    if let Some(before) = len.checked_sub(1) {
        file.seek(SeekFrom::Start(before))?;
        // Nothing is read where it was truncated meanwhile.
        let _ = file.read(&mut last)?;
    }
    Ok(last != *b"\n")
}
