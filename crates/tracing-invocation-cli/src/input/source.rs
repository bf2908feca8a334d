//! A source of lines: a file or stdin, plain or gzip.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use tracing_invocation::sink::Rotation;

/// The magic number of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The path that stands for stdin.
const STDIN: &str = "-";

/// A file or stdin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Stdin,
    File(PathBuf),
}

impl Source {
    /// Returns the sources that the arguments name, or stdin if they name none.
    pub(crate) fn of(paths: &[PathBuf]) -> Vec<Self> {
        let of = |path: &PathBuf| {
            if path == Path::new(STDIN) { Self::Stdin } else { Self::File(path.clone()) }
        };
        if paths.is_empty() { vec![Self::Stdin] } else { paths.iter().map(of).collect() }
    }

    /// Separates the sources to read from those that repeat the records of another source, so that no record counts twice. A
    /// shell pattern such as `log/*` names them all.
    pub(crate) fn distinct(sources: Vec<Self>) -> (Vec<Self>, Vec<Repeated>) {
        let given: HashSet<PathBuf> = sources.iter().filter_map(Self::path).cloned().collect();
        let has_whole_files = sources.iter().any(|source| !source.is_partial());
        let mut seen = HashSet::new();
        let mut repeated = Vec::new();
        let mut why_skipped = |source: &Self| {
            let path = source.path()?;
            if source.is_partial() && has_whole_files {
                return Some(Why::Partial);
            }
            let unpacked = path.with_extension("");
            if given.contains(&unpacked) && is_packed_form(path, &unpacked) {
                return Some(Why::Packed(unpacked));
            }
            let is_again = path.is_file()
                && fs::canonicalize(path).is_ok_and(|canonical| !seen.insert(canonical));
            is_again.then_some(Why::Again)
        };
        let mut distinct = sources;
        distinct.retain(|source| match why_skipped(source) {
            Some(why) => {
                repeated.push(Repeated { name: source.name(), why });
                false
            }
            None => true,
        });
        (distinct, repeated)
    }

    fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::Stdin => None,
            Self::File(path) => Some(path),
        }
    }

    fn is_partial(&self) -> bool {
        self.path().is_some_and(Rotation::is_partial)
    }

    /// Returns the name for messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "stdin".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Returns the size in bytes; `None` for stdin, and for anything that is not a regular file.
    pub(crate) fn size(&self) -> Option<u64> {
        let Self::File(path) = self else { return None };
        path.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
    }

    /// Opens the source, and decompresses it if it begins with the magic number of gzip.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be opened, or if the first read fails.
    pub(super) fn open(&self, progress: &Progress) -> io::Result<Box<dyn Read>> {
        let raw: Box<dyn Read> = match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::File(path) => Box::new(File::open(path)?),
        };
        let counted = Counted { raw, progress: progress.clone() };
        let mut buffered = BufReader::with_capacity(1 << 17, counted);
        if buffered.fill_buf()?.starts_with(&GZIP) {
            return Ok(Box::new(MultiGzDecoder::new(buffered)));
        }
        Ok(Box::new(buffered))
    }
}

/// A source that is not read, because another one holds its records.
#[derive(Debug)]
pub(crate) struct Repeated {
    name: String,
    why: Why,
}

#[derive(Debug)]
enum Why {
    /// It is a file that was named before, as a link is that stands beside what it leads to.
    Again,
    /// A program was compressing a rotated file into it.
    Partial,
    /// This one holds the same, not compressed.
    Packed(PathBuf),
}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.why {
            Why::Again => {
                write!(f, "{name}: the same file was named before, and is read only once")
            }
            Why::Partial => write!(
                f,
                "{name}: holds a part of a rotated file that was being compressed, and is skipped; to read it, name \
                 it alone"
            ),
            Why::Packed(unpacked) => {
                write!(f, "{name}: holds what {} holds, and is skipped", unpacked.display())
            }
        }
    }
}

/// Returns `true` if `path` is `unpacked` in compressed form. A program that is killed at the end of compressing a file
/// leaves both.
fn is_packed_form(path: &Path, unpacked: &Path) -> bool {
    let is_gzip = path.extension().is_some_and(|extension| extension == "gz");
    let size = || -> io::Result<bool> {
        let mut packed = File::open(path)?;
        packed.seek(SeekFrom::End(-4))?;
        // A gzip file ends in the size of what it holds, modulo 2^32.
        let mut size = [0; 4];
        packed.read_exact(&mut size)?;
        Ok(u64::from(u32::from_le_bytes(size)) == unpacked.metadata()?.len() % (1 << 32))
    };
    is_gzip && path.is_file() && size().unwrap_or(false)
}

/// How many bytes have been read of all sources, as they are stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counted {
    raw: Box<dyn Read>,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.raw.read(to)?;
        self.progress.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
