//! Files that were set aside, compressed.

use std::fs;
use std::io;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::archive::{self, GZIP};
use super::open;

/// Compresses every file that was set aside from `path` and is not compressed yet. The first error, after everything
/// was tried.
pub(super) fn compress_all(path: &Path) -> io::Result<()> {
    let mut result = Ok(());
    for (micros, found) in archive::find(path)?.into_iter().filter(|(_, found)| found.is_plain) {
        let compressed = compress(path, micros);
        // What others began is of no use any more. Where it cannot be removed now, pruning tells.
        for part in found.parts.iter().filter(|_| compressed.is_ok()) {
            let _ = fs::remove_file(archive::named(path, micros, part));
        }
        result = result.and(compressed);
    }
    result
}

/// Compresses one of them: it is there, or all of it is compressed, at every moment. Another process may do the same.
fn compress(path: &Path, micros: u64) -> io::Result<()> {
    let plain = archive::named(path, micros, "");
    let part = archive::named(path, micros, &archive::part());
    let compressed = compress_into(&plain, &part).and_then(|has_content| {
        if has_content {
            fs::rename(&part, archive::named(path, micros, GZIP))?;
            fs::remove_file(&plain)?;
        }
        Ok(())
    });
    compressed.or_else(|error| {
        // On a full disk it is in the way.
        let _ = fs::remove_file(&part);
        if plain.exists() { Err(error) } else { Ok(()) }
    })
}

/// Whether there was anything to compress. An empty file keeps the place of one that is just being renamed: what is
/// there in a moment is another.
fn compress_into(plain: &Path, part: &Path) -> io::Result<bool> {
    let mut from = fs::File::open(plain)?;
    let metadata = from.metadata()?;
    if metadata.len() == 0 {
        return Ok(false);
    }
    let permissions = metadata.permissions();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    open::restrict(&mut options, Some(&permissions));
    let to = options.open(part)?;
    to.set_permissions(permissions)?;
    let mut encoder = GzEncoder::new(to, Compression::default());
    let taken = io::copy(&mut from, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    match from.metadata()?.len() == taken {
        true => Ok(true),
        false => Err(io::Error::other("it is still being written")),
    }
}
