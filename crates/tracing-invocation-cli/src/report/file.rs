//! Writes a file atomically: as a whole, or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file beside `path` and puts it in its place once it is complete. Returns its size.
///
/// Where `path` is something else than a file, such as a pipe or `/dev/stdout`, it is written to as it is.
///
/// # Errors
///
/// Where it cannot be written. What was at `path` before is still there then.
pub(super) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<u64> {
    // A link stays one: what it leads to is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.is_dir() {
        return Err(io::Error::other("is a folder: name a file in it"));
    }
    if path.exists() && !path.is_file() {
        return write_counted(File::options().write(true).open(path)?, write);
    }
    let beside = Beside::of(path)?;
    let file = File::create_new(&beside.0)?;
    let size = write_counted(file, write)?;
    fs::rename(&beside.0, path)?;
    Ok(size)
}

fn write_counted(
    file: File,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<u64> {
    let mut counted = Counted { to: BufWriter::with_capacity(1 << 16, file), size: 0 };
    write(&mut counted)?;
    counted.flush()?;
    Ok(counted.size)
}

/// A file that is on its way. It is gone when this is, unless it has been put in its place.
struct Beside(PathBuf);

impl Beside {
    fn of(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| io::Error::other("is not the name of a file"))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        Ok(Self(path.with_file_name(hidden)))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Where it was put in its place, there is nothing left to remove.
        let _ = fs::remove_file(&self.0);
    }
}

struct Counted<W> {
    to: W,
    size: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_failure_leaves_what_was_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.html");
        fs::write(&path, "before").unwrap();
        let failed = write_whole(&path, |to| {
            to.write_all(b"half of a page")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "no more");
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(names(folder.path()), ["out.html"]);
    }

    #[test]
    fn a_success_replaces_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.html");
        fs::write(&path, "before and longer").unwrap();
        assert_eq!(write_whole(&path, |to| to.write_all(b"after")).unwrap(), 5);
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(names(folder.path()), ["out.html"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("out.html"), folder.path().join("latest.html"));
        fs::write(&path, "before").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_whole(&link, |to| to.write_all(b"after")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        write_whole(Path::new("/dev/null"), |to| to.write_all(b"nothing")).unwrap();
        assert!(!Path::new("/dev/null").is_file());
    }
}
