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
        if compressed.is_ok() {
            found.parts.iter().for_each(|part| {
                // The next time somebody looks, it is one that was left, and removed.
                let _ = fs::remove_file(archive::named(path, micros, part));
            });
        }
        result = result.and(compressed);
    }
    result
}

/// Compresses one of them: it is there, or all of it is compressed, at every moment. Another process may do the same.
fn compress(path: &Path, micros: u64) -> io::Result<()> {
    let plain = archive::named(path, micros, "");
    let part = archive::named(path, micros, &archive::part());
    let compressed = compress_into(&plain, &part)
        .and_then(|()| fs::rename(&part, archive::named(path, micros, GZIP)))
        .and_then(|()| fs::remove_file(&plain));
    compressed.or_else(|error| {
        // On a full disk it is in the way.
        let _ = fs::remove_file(&part);
        if plain.exists() { Err(error) } else { Ok(()) }
    })
}

fn compress_into(plain: &Path, part: &Path) -> io::Result<()> {
    let mut from = fs::File::open(plain)?;
    let permissions = from.metadata()?.permissions();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    open::restrict(&mut options, Some(&permissions));
    let to = options.open(part)?;
    to.set_permissions(permissions)?;
    let mut encoder = GzEncoder::new(to, Compression::default());
    let taken = io::copy(&mut from, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    match from.metadata()?.len() == taken {
        true => Ok(()),
        false => Err(io::Error::other("it is still being written")),
    }
}
