//! Follows a growing file by its name, like `tail -F`.
//!
//! After a rotation, two files are open: the renamed one is read until its writer has certainly moved on, and the new file
//! of the name is read from its beginning.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use memchr::memrchr;

use super::lines::{LineEvent, Lines};

/// How many bytes are read at a time.
const PIECE: usize = 1 << 16;
/// How many bytes of a file are read in one poll, so that one large file does not starve the others.
const TURN: usize = 1 << 20;
/// How long to keep reading a file after it was renamed: its writer may keep it open for a while.
const GRACE: Duration = Duration::from_secs(10);
/// The magic number of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that is followed by its name.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    now: Option<Reader>,
    /// The file that had the name before, and when its successor was opened.
    before: Option<(Reader, Instant)>,
    /// Where to begin reading when the file is opened.
    from: Origin,
    trouble: Option<String>,
}

/// Where to begin reading a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Start,
    End,
}

#[derive(Debug)]
struct Reader {
    file: File,
    read: u64,
    lines: Lines,
}

impl Tail {
    pub(super) fn new(path: &Path, from: Origin) -> Self {
        Self { path: path.to_owned(), now: None, before: None, from, trouble: None }
    }

    /// Returns the error that keeps the file from being read, if there is one.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Reads new lines. Returns `true` if there is more to read right away.
    pub(super) fn poll(&mut self, now: Instant, each: &mut dyn FnMut(LineEvent<'_>)) -> bool {
        let read = self.try_poll(now, each);
        // `Origin::End` applies only to the file that existed at the start. A file that appears later is new, and is read
        // from its beginning.
        self.from = Origin::Start;
        match read {
            Ok(is_more) => {
                self.trouble = None;
                is_more
            }
            Err(error) => {
                self.trouble = Some(explain(&error));
                false
            }
        }
    }

    /// Reads from the previous file, then from the current one. Only when the current file is read to its end, checks
    /// whether the name now belongs to another file: its successor is never opened while lines are left to read.
    fn try_poll(&mut self, now: Instant, each: &mut dyn FnMut(LineEvent<'_>)) -> io::Result<bool> {
        let mut is_more = false;
        if let Some((reader, since)) = &mut self.before {
            is_more = reader.read(each)?;
            if !is_more && now.duration_since(*since) >= GRACE {
                reader.lines.finish(each);
                self.before = None;
            }
        }
        let Some(reader) = &mut self.now else {
            self.now = Some(Reader::open(&self.path, self.from)?);
            return Ok(true);
        };
        if reader.read(each)? {
            return Ok(true);
        }
        match self.path.metadata() {
            Ok(named) if is_other(&named, &reader.file.metadata()?) => {
                let next = Reader::open(&self.path, Origin::Start)?;
                if let Some((mut last, _)) = self.before.take() {
                    last.lines.finish(each);
                }
                self.before = self.now.replace(next).map(|before| (before, now));
                Ok(true)
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            // Either nothing changed, or the file was renamed and its successor does not exist yet.
            _ => Ok(is_more),
        }
    }
}

impl Reader {
    fn open(path: &Path, from: Origin) -> io::Result<Self> {
        let metadata = path.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            // Opening a named pipe would block until a writer opens it.
            return Err(io::Error::other("is no longer a regular file"));
        }
        let mut file = File::open(path)?;
        let mut beginning = [0; GZIP.len()];
        if file.read_exact(&mut beginning).is_ok() && beginning == GZIP {
            return Err(io::Error::other(
                "is compressed, and compressed files cannot be followed: read it with `invocations tree`",
            ));
        }
        let (read, lines) = match from {
            Origin::Start => (0, Lines::default()),
            Origin::End => last_line(&mut file)?,
        };
        file.seek(SeekFrom::Start(read))?;
        Ok(Self { file, read, lines })
    }

    /// Reads up to [`TURN`] bytes. Returns `true` if there may be more.
    fn read(&mut self, each: &mut dyn FnMut(LineEvent<'_>)) -> io::Result<bool> {
        let mut piece = [0; PIECE];
        for _ in 0..TURN / PIECE {
            match self.file.read(&mut piece) {
                Ok(0) => return self.restart_if_truncated(),
                Ok(count) => {
                    self.read += count as u64;
                    self.lines.push(&piece[..count], each);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Starts over if the file is shorter than what was read of it: it was truncated, and its text is new. Returns `true` if so.
    fn restart_if_truncated(&mut self) -> io::Result<bool> {
        if self.file.metadata()?.len() >= self.read {
            return Ok(false);
        }
        self.file.seek(SeekFrom::Start(0))?;
        self.read = 0;
        self.lines = Lines::default();
        Ok(true)
    }
}

/// Returns the offset at which the last, possibly unfinished line begins. If that is too far back to find, returns the
/// end of the file, and [`Lines`] that skip the rest of that line.
fn last_line(file: &mut File) -> io::Result<(u64, Lines)> {
    let end = file.metadata()?.len();
    let begin = end.saturating_sub(PIECE as u64);
    file.seek(SeekFrom::Start(begin))?;
    let mut last = Vec::new();
    file.by_ref().take(end - begin).read_to_end(&mut last)?;
    Ok(match memrchr(b'\n', &last) {
        Some(at) => (begin + at as u64 + 1, Lines::default()),
        None if begin == 0 => (0, Lines::default()),
        None => (end, Lines::from_within_a_line()),
    })
}

#[cfg(unix)]
fn is_other(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    (one.dev(), one.ino()) != (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_other(one: &Metadata, other: &Metadata) -> bool {
    one.created().ok() != other.created().ok()
}

fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist yet".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory: name the files in it".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;

    use super::*;

    struct Followed {
        folder: tempfile::TempDir,
        tail: Tail,
        now: Instant,
    }

    impl Followed {
        fn new(before: Option<&str>, from: Origin) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("app.jsonl");
            if let Some(text) = before {
                fs::write(&path, text).unwrap();
            }
            Self { tail: Tail::new(&path, from), folder, now: Instant::now() }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            let mut options = OpenOptions::new();
            let mut file = options.append(true).create(true).open(self.path(name)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn rename(&self) {
            fs::rename(self.path("app.jsonl"), self.path("app.jsonl.1")).unwrap();
        }

        fn read(&mut self) -> Vec<String> {
            let mut all = Vec::new();
            let mut each = |event: LineEvent<'_>| match event {
                LineEvent::Line(line) => all.push(String::from_utf8(line.to_vec()).unwrap()),
                LineEvent::TooLong => all.push("too long".to_owned()),
            };
            while self.tail.poll(self.now, &mut each) {}
            all
        }
    }

    #[test]
    fn lines_written_after_the_start_are_read() {
        let mut followed = Followed::new(Some("old\n"), Origin::End);
        assert_eq!(followed.read(), [""; 0]);
        followed.write("app.jsonl", "one\ntwo\n");
        assert_eq!(followed.read(), ["one", "two"]);
        assert_eq!(followed.read(), [""; 0]);
    }

    #[test]
    fn existing_lines_are_read_from_the_start_on_request() {
        let mut followed = Followed::new(Some("old\n"), Origin::Start);
        assert_eq!(followed.read(), ["old"]);
    }

    #[test]
    fn a_line_written_in_parts_is_read_whole() {
        let mut followed = Followed::new(Some("old\nhal"), Origin::End);
        assert_eq!(followed.read(), [""; 0]);
        followed.write("app.jsonl", "f\nne");
        assert_eq!(followed.read(), ["half"]);
        followed.write("app.jsonl", "xt\n");
        assert_eq!(followed.read(), ["next"]);
    }

    #[test]
    fn the_rest_of_a_long_unfinished_line_is_skipped() {
        let mut followed = Followed::new(Some(&"x".repeat(3 * PIECE)), Origin::End);
        assert_eq!(followed.read(), [""; 0]);
        followed.write("app.jsonl", "x\nnext\n");
        assert_eq!(followed.read(), ["next"]);
    }

    #[test]
    fn a_file_that_is_created_later_is_read_from_its_beginning() {
        let mut followed = Followed::new(None, Origin::End);
        assert_eq!(followed.read(), [""; 0]);
        assert_eq!(followed.tail.trouble(), Some("does not exist yet"));
        followed.write("app.jsonl", "one\n");
        assert_eq!(followed.read(), ["one"]);
        assert_eq!(followed.tail.trouble(), None);
    }

    #[test]
    fn after_a_rename_the_old_file_is_read_to_its_end_and_the_new_one_from_its_beginning() {
        let mut followed = Followed::new(Some(""), Origin::End);
        followed.read();
        followed.write("app.jsonl", "one\n");
        followed.rename();
        followed.write("app.jsonl.1", "two\n");
        assert_eq!(followed.read(), ["one", "two"]);
        followed.write("app.jsonl.1", "late, ");
        followed.write("app.jsonl", "three\n");
        assert_eq!(followed.read(), ["three"]);
        followed.write("app.jsonl.1", "of a writer who does not know yet\n");
        followed.write("app.jsonl", "four\n");
        assert_eq!(followed.read(), ["late, of a writer who does not know yet", "four"]);
        followed.now += GRACE;
        followed.read();
        followed.write("app.jsonl.1", "too late\n");
        assert_eq!(followed.read(), [""; 0]);
    }

    #[test]
    fn a_truncated_file_is_read_from_its_beginning() {
        let mut followed = Followed::new(Some("old\nolder\nhal"), Origin::Start);
        assert_eq!(followed.read(), ["old", "older"]);
        fs::write(followed.path("app.jsonl"), "new\n").unwrap();
        assert_eq!(followed.read(), ["new"]);
    }

    #[test]
    fn compressed_files_and_directories_are_refused() {
        let mut followed = Followed::new(Some("\u{1f}"), Origin::Start);
        fs::write(followed.path("app.jsonl"), [0x1f, 0x8b, 8, 0]).unwrap();
        assert_eq!(followed.read(), [""; 0]);
        assert!(followed.tail.trouble().unwrap().contains("is compressed"));
        let mut folder = Tail::new(followed.folder.path(), Origin::End);
        assert!(!folder.poll(Instant::now(), &mut |_| {}));
        assert_eq!(folder.trouble(), Some("is a directory: name the files in it"));
    }

    #[test]
    fn every_line_of_a_large_file_is_read_once() {
        let text: String = (0..200_000).map(|number| format!("line {number}\n")).collect();
        let mut followed = Followed::new(Some(&text), Origin::Start);
        assert!(followed.read().into_iter().eq(text.lines()));
    }
}
