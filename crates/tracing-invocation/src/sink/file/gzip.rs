//! Compresses files that were set aside.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::archive::{self, GZIP};
use super::open;

/// How many bytes are compressed before it looks again whether to give up: a millisecond or so.
const CHUNK: usize = 1 << 16;

/// Compresses every file that was set aside from `path` and is not compressed yet, until `must_stop` says so. Returns
/// the first error, after everything was tried.
pub(super) fn compress_all(path: &Path, must_stop: &dyn Fn() -> bool) -> io::Result<()> {
    let mut result = Ok(());
    for (micros, found) in archive::find(path)?.into_iter().filter(|(_, found)| found.is_plain) {
        if must_stop() {
            break;
        }
        let compressed = compress(path, micros, must_stop);
        // What others began is of no use any more. Where it cannot be removed now, pruning tells.
        for part in found.parts.iter().filter(|_| compressed.is_ok()) {
            let _ = fs::remove_file(path.with_file_name(part));
        }
        result = result.and(compressed);
    }
    result
}

/// Compresses one of them: it is there, or all of it is compressed, at every moment. Another process may do the same.
fn compress(path: &Path, micros: u64, must_stop: &dyn Fn() -> bool) -> io::Result<()> {
    let plain = archive::named(path, micros, "");
    let part = archive::part(path, micros);
    let compressed = compress_into(&plain, &part, must_stop).and_then(|packed| match packed {
        Packed::Whole => {
            fs::rename(&part, archive::named(path, micros, GZIP))?;
            fs::remove_file(&plain)
        }
        Packed::InPart => fs::remove_file(&part),
        Packed::Nothing => Ok(()),
    });
    compressed.or_else(|error| {
        // On a full disk it is in the way.
        let _ = fs::remove_file(&part);
        if plain.exists() { Err(error) } else { Ok(()) }
    })
}

/// How much of a file was compressed.
enum Packed {
    Whole,
    /// It was told to stop.
    InPart,
    /// The file is empty: it keeps the place of one that is just being renamed, and will be another in a moment.
    Nothing,
}

fn compress_into(plain: &Path, part: &Path, must_stop: &dyn Fn() -> bool) -> io::Result<Packed> {
    let mut from = fs::File::open(plain)?;
    let metadata = from.metadata()?;
    if metadata.len() == 0 {
        return Ok(Packed::Nothing);
    }
    let permissions = metadata.permissions();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    open::restrict(&mut options, Some(&permissions));
    let to = options.open(part)?;
    to.set_permissions(permissions)?;
    let mut encoder = GzEncoder::new(to, Compression::default());
    let mut chunk = vec![0; CHUNK];
    let mut taken = 0;
    loop {
        if must_stop() {
            return Ok(Packed::InPart);
        }
        let read = match from.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if read == 0 {
            break;
        }
        encoder.write_all(chunk.get(..read).unwrap_or_default())?;
        taken += read as u64;
    }
    encoder.finish()?.sync_all()?;
    match from.metadata()?.len() == taken {
        true => Ok(Packed::Whole),
        false => Err(io::Error::other("it is still being written")),
    }
}
