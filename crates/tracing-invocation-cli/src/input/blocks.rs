//! Cuts sources into blocks of whole lines.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::Receiver;

use memchr::{memchr, memchr_iter, memrchr};

use super::{Account, Place, Progress, Source, Trouble};
use crate::line::{Kind, Why};

/// The length of the longest line that is read, in bytes. By default, a record has at most 16,000 bytes.
pub(crate) const MAX_LINE: usize = 8 << 20;

/// How many bytes are read at a time. A block is about this large, unless it holds a longer line.
const BLOCK: usize = 1 << 20;

/// Whole lines of one source. Only the last block of a source may end without a newline.
pub(crate) struct Block {
    source: usize,
    first_line: u64,
    pub(super) bytes: Vec<u8>,
}

impl Block {
    /// Returns the lines, without their line endings, and the position of each.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (Place, &[u8])> {
        let mut rest = &self.bytes[..];
        let mut line = self.first_line;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let at = Place { source: self.source, line };
            let text = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            line += 1;
            Some((at, text.strip_suffix(b"\r").unwrap_or(text)))
        })
    }
}

/// Reads every source, and passes blocks to `take` until it returns `false`. Buffers come back through `used` for reuse.
///
/// Returns an account of the sources that failed and of the lines that were too long for a block.
pub(super) fn cut(
    sources: &[Source],
    progress: &Progress,
    used: &Receiver<Vec<u8>>,
    mut take: impl FnMut(Block) -> bool,
) -> Account {
    let mut account = Account::default();
    for (source, named) in sources.iter().enumerate() {
        let mut cutter = Cutter { source, line: 1, account: &mut account, used, take: &mut take };
        let read = named.open(progress).and_then(|mut reader| cutter.cut(&mut *reader));
        if let Err(error) = read {
            account.troubles.push(Trouble { source, message: explain(&error) });
        }
    }
    account
}

/// Describes an error of a source, and what to do about it.
fn explain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => {
            "the gzip data is truncated: the data before that was read".to_owned()
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            format!("the gzip data is corrupt: the data before that was read ({error})")
        }
        ErrorKind::IsADirectory => "is a directory: name the files in it".to_owned(),
        _ => error.to_string(),
    }
}

/// Cuts one source.
struct Cutter<'a, T> {
    source: usize,
    /// The number of the first line that is not yet in a block.
    line: u64,
    account: &'a mut Account,
    used: &'a Receiver<Vec<u8>>,
    take: &'a mut T,
}

impl<T: FnMut(Block) -> bool> Cutter<'_, T> {
    /// Reads to the end of the source, and passes blocks on.
    ///
    /// `bytes` always begins at the start of a line. After each read, everything up to the last newline becomes a block,
    /// and the unfinished line behind it moves to the next buffer. A line that is longer than a read makes `bytes` grow
    /// until its end is found, or until it exceeds [`MAX_LINE`]; then it is counted and discarded.
    ///
    /// If reading fails, the bytes that were read before the error are still passed on.
    fn cut(&mut self, reader: &mut dyn Read) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(BLOCK);
        loop {
            let begun = bytes.len();
            let read = fill(reader, &mut bytes);
            let is_over = !matches!(read, Ok(true));
            let end =
                if is_over { Some(bytes.len()) } else { memrchr(b'\n', &bytes).map(|at| at + 1) };
            match end {
                Some(end) => {
                    let rest = bytes[end..].to_vec();
                    bytes.truncate(end);
                    if !self.send(bytes) {
                        return Ok(());
                    }
                    bytes = self.used.try_recv().unwrap_or_default();
                    bytes.clear();
                    bytes.extend_from_slice(&rest);
                }
                None if bytes.len() > MAX_LINE => {
                    self.account.count(self.place(), Kind::Skipped(Why::TooLong, 0));
                    self.line += 1;
                    bytes.clear();
                    if !skip_line(reader, &mut bytes)? {
                        return Ok(());
                    }
                }
                None => debug_assert!(bytes.len() > begun, "a block grows until it has a line"),
            }
            if is_over {
                return read.map(drop);
            }
        }
    }

    fn place(&self) -> Place {
        Place { source: self.source, line: self.line }
    }

    /// Passes a block on. Returns `false` if nobody takes blocks any more.
    fn send(&mut self, bytes: Vec<u8>) -> bool {
        if bytes.is_empty() {
            return true;
        }
        let first_line = self.line;
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        (self.take)(Block { source: self.source, first_line, bytes })
    }
}

/// Appends up to [`BLOCK`] bytes to `to`. Returns `true` if there may be more.
///
/// If reading fails, the bytes that were read before the error stay in `to`.
fn fill(reader: &mut dyn Read, to: &mut Vec<u8>) -> io::Result<bool> {
    let read = reader.take(BLOCK as u64).read_to_end(to)?;
    Ok(read == BLOCK)
}

/// Skips to the end of the current line, and leaves the bytes behind it in `rest`. Returns `true` if there may be more.
fn skip_line(reader: &mut dyn Read, rest: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        rest.clear();
        let is_more = fill(reader, rest)?;
        if let Some(end) = memchr(b'\n', rest) {
            rest.drain(..=end);
            return Ok(true);
        }
        if !is_more {
            return Ok(false);
        }
    }
}
