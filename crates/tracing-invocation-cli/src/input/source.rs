//! A source of lines: a file or stdin, plain or gzip.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

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

    /// Removes sources that name a file again, such as a symbolic link next to its target, so that no record counts twice.
    ///
    /// Returns the remaining sources, and the names of the removed ones.
    pub(crate) fn distinct(sources: Vec<Self>) -> (Vec<Self>, Vec<String>) {
        let mut seen = HashSet::new();
        let is_first = |source: &Self| match source {
            Self::File(path) if path.is_file() => {
                fs::canonicalize(path).map_or(true, |path| seen.insert(path))
            }
            _ => true,
        };
        let (sources, again): (Vec<_>, Vec<_>) = sources.into_iter().partition(is_first);
        (sources, again.iter().map(Self::name).collect())
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

/// The number of bytes that were read from all sources, before decompression.
///
/// The reading thread adds to it and the progress bar shows it. The value orders nothing else, so `Relaxed` is enough.
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
