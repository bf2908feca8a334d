//! A file that grows, by its name: what is renamed is read to its end, what stands in its place from its beginning.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use memchr::memrchr;

use super::lines::{Lines, Said};

/// How much of a file is read at a time.
const PIECE: usize = 1 << 16;
/// How much of a file is read before others have their turn.
const TURN: usize = 1 << 20;
/// How long a file is still read after another has taken its name: who writes it may not know yet.
const GRACE: Duration = Duration::from_secs(10);
/// What every gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// One file that is followed by its name.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    now: Option<Reader>,
    /// What had the name before, and since when it has it no more.
    before: Option<(Reader, Instant)>,
    /// Where reading begins in the next file of this name.
    from: Origin,
    trouble: Option<String>,
}

/// Where in a file reading begins.
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

    /// Why the file is not read, where it is not.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Reads what is new, and says whether there is more to be read at once.
    pub(super) fn poll(&mut self, now: Instant, each: &mut dyn FnMut(Said<'_>)) -> bool {
        let read = self.try_poll(now, each);
        // What is begun anew is not the file that was there at first.
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

    fn try_poll(&mut self, now: Instant, each: &mut dyn FnMut(Said<'_>)) -> io::Result<bool> {
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
            // Renamed, and nothing in its place yet; or as it was.
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
            // To open a pipe is to wait for somebody who writes to it.
            return Err(io::Error::other("is no file any more"));
        }
        let mut file = File::open(path)?;
        let mut beginning = [0; GZIP.len()];
        if file.read_exact(&mut beginning).is_ok() && beginning == GZIP {
            return Err(io::Error::other(
                "is packed, which no file is that is being written: `invocations tree` reads it",
            ));
        }
        let (read, lines) = match from {
            Origin::Start => (0, Lines::default()),
            Origin::End => last_line(&mut file)?,
        };
        file.seek(SeekFrom::Start(read))?;
        Ok(Self { file, read, lines })
    }

    /// Reads to the end, or until others have their turn, and says whether there may be more.
    fn read(&mut self, each: &mut dyn FnMut(Said<'_>)) -> io::Result<bool> {
        let mut piece = [0; PIECE];
        for _ in 0..TURN / PIECE {
            match self.file.read(&mut piece) {
                Ok(0) => return self.begin_anew_if_truncated(),
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

    /// What is shorter than what was read of it is another text.
    fn begin_anew_if_truncated(&mut self) -> io::Result<bool> {
        if self.file.metadata()?.len() >= self.read {
            return Ok(false);
        }
        self.file.seek(SeekFrom::Start(0))?;
        self.read = 0;
        self.lines = Lines::default();
        Ok(true)
    }
}

/// Where the line begins that is the last one, as far as it is written.
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
        io::ErrorKind::NotFound => "is not there yet".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder: name the files in it".to_owned(),
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
            let mut each = |said: Said<'_>| match said {
                Said::Line(line) => all.push(String::from_utf8(line.to_vec()).unwrap()),
                Said::TooLong => all.push("too long".to_owned()),
            };
            while self.tail.poll(self.now, &mut each) {}
            all
        }
    }

    #[test]
    fn what_is_written_after_the_start_is_read() {
        let mut followed = Followed::new(Some("old\n"), Origin::End);
        assert_eq!(followed.read(), [""; 0]);
        followed.write("app.jsonl", "one\ntwo\n");
        assert_eq!(followed.read(), ["one", "two"]);
        assert_eq!(followed.read(), [""; 0]);
    }

    #[test]
    fn what_was_there_is_read_where_that_is_asked_for() {
        let mut followed = Followed::new(Some("old\n"), Origin::Start);
        assert_eq!(followed.read(), ["old"]);
    }

    #[test]
    fn a_line_whose_end_comes_later_is_read_whole() {
        let mut followed = Followed::new(Some("old\nhal"), Origin::End);
        assert_eq!(followed.read(), [""; 0]);
        followed.write("app.jsonl", "f\nne");
        assert_eq!(followed.read(), ["half"]);
        followed.write("app.jsonl", "xt\n");
        assert_eq!(followed.read(), ["next"]);
    }

    #[test]
    fn the_end_of_a_long_line_is_no_line() {
        let mut followed = Followed::new(Some(&"x".repeat(3 * PIECE)), Origin::End);
        assert_eq!(followed.read(), [""; 0]);
        followed.write("app.jsonl", "x\nnext\n");
        assert_eq!(followed.read(), ["next"]);
    }

    #[test]
    fn a_file_that_is_not_there_yet_is_read_from_its_beginning() {
        let mut followed = Followed::new(None, Origin::End);
        assert_eq!(followed.read(), [""; 0]);
        assert_eq!(followed.tail.trouble(), Some("is not there yet"));
        followed.write("app.jsonl", "one\n");
        assert_eq!(followed.read(), ["one"]);
        assert_eq!(followed.tail.trouble(), None);
    }

    #[test]
    fn a_file_that_was_renamed_is_read_to_its_end_and_the_next_one_from_its_beginning() {
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
    fn a_file_that_was_truncated_is_read_from_its_beginning() {
        let mut followed = Followed::new(Some("old\nolder\nhal"), Origin::Start);
        assert_eq!(followed.read(), ["old", "older"]);
        fs::write(followed.path("app.jsonl"), "new\n").unwrap();
        assert_eq!(followed.read(), ["new"]);
    }

    #[test]
    fn what_is_no_log_is_said() {
        let mut followed = Followed::new(Some("\u{1f}"), Origin::Start);
        fs::write(followed.path("app.jsonl"), [0x1f, 0x8b, 8, 0]).unwrap();
        assert_eq!(followed.read(), [""; 0]);
        assert!(followed.tail.trouble().unwrap().contains("is packed"));
        let mut folder = Tail::new(followed.folder.path(), Origin::End);
        assert!(!folder.poll(Instant::now(), &mut |_| {}));
        assert_eq!(folder.trouble(), Some("is a folder: name the files in it"));
    }

    #[test]
    fn no_line_is_lost_or_read_twice_however_much_there_is() {
        let text: String = (0..200_000).map(|number| format!("line {number}\n")).collect();
        let mut followed = Followed::new(Some(&text), Origin::Start);
        assert!(followed.read().into_iter().eq(text.lines()));
    }
}
