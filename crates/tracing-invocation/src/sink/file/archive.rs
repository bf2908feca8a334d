//! Files that were set aside: what they are called, which there are, and which go.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::clock::{micros_since_epoch, push_timestamp};
#[cfg(feature = "gzip")]
use crate::ids::Ids;

/// Behind the name of a compressed file.
pub(super) const GZIP: &str = ".gz";
/// The beginning of the name of a partial file, which holds what is compressed so far of a file that was set aside.
///
/// A process that is killed leaves it beside the whole file. Whoever reads both counts records twice, so the name holds
/// nothing of the log's name, and begins with a dot: patterns such as `*jsonl*` and `shop*` do not match it. Behind the
/// prefix stand the moment, a hash of the log's name, and a random number, with dots between them.
const PART: &str = ".tracing-invocation-part.";

/// How many names are tried, where others set files aside in the same microsecond.
const TRIES: u64 = 1_000;

/// What there is of one file that was set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) is_plain: bool,
    pub(super) is_compressed: bool,
    /// The names of partial files.
    pub(super) parts: Vec<OsString>,
}

/// Whether a file of this name is a partial one.
pub(super) fn is_part(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(PART.as_bytes()))
}

/// Renames the file at `path` to what it is called when it was set aside `now`, or just after the latest before.
pub(super) fn set_aside(path: &Path, now: SystemTime) -> io::Result<()> {
    let after = find(path)?.last_key_value().map_or(0, |(latest, _)| latest + 1);
    let first = micros_since_epoch(now).max(after);
    for micros in first..first.saturating_add(TRIES) {
        let aside = named(path, micros, "");
        // Renaming replaces what is there. A file of its own in that place keeps everybody else out of it.
        match fs::OpenOptions::new().write(true).create_new(true).open(&aside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            other => other?,
        };
        return fs::rename(path, &aside).inspect_err(|_| {
            // It is empty, and would count as one that is kept.
            let _ = fs::remove_file(&aside);
        });
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no name is free"))
}

/// The files that were set aside from `path`, by when that was, in microseconds since the Unix epoch.
pub(super) fn find(path: &Path) -> io::Result<BTreeMap<u64, Found>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(BTreeMap::new());
    };
    let mut files = BTreeMap::<_, Found>::new();
    let entries = match fs::read_dir(folder) {
        // There is none in a folder that was removed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        other => other?,
    };
    for entry in entries {
        let entry = entry?.file_name();
        if let Some(micros) = read_part(&entry, name) {
            files.entry(micros).or_default().parts.push(entry);
            continue;
        }
        let ending = entry.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        let ending = ending.and_then(|ending| str::from_utf8(ending).ok());
        if let Some((micros, kind)) = ending.and_then(read_ending) {
            let found = files.entry(micros).or_default();
            match kind {
                GZIP => found.is_compressed = true,
                _ => found.is_plain = true,
            }
        }
    }
    Ok(files)
}

/// Removes all of these files but the latest `kept`, and partial files that nobody will finish. Returns the first error,
/// after everything was tried.
///
/// Of a file that `is_compressing` still has to compress, partial files stay: they are removed once that is done.
pub(super) fn prune(path: &Path, kept: Option<usize>, is_compressing: bool) -> io::Result<()> {
    let files = find(path)?;
    let is_one = |found: &Found| found.is_plain || found.is_compressed;
    let mut surplus = files.values().filter(|found| is_one(found)).count();
    surplus = surplus.saturating_sub(kept.unwrap_or(usize::MAX));
    let mut result = Ok(());
    for (micros, found) in files {
        let is_surplus = surplus > 0 && is_one(&found);
        surplus -= usize::from(is_surplus);
        let plain = (is_surplus && found.is_plain).then(|| named(path, micros, ""));
        let compressed = (is_surplus && found.is_compressed).then(|| named(path, micros, GZIP));
        let is_unfinished = is_compressing && found.is_plain && !is_surplus;
        let parts = found.parts.iter().filter(|_| !is_unfinished);
        let parts = parts.map(|part| path.with_file_name(part));
        for doomed in plain.into_iter().chain(compressed).chain(parts) {
            result = result.and(fs::remove_file(doomed).or_else(unless_missing));
        }
    }
    result
}

/// Somebody else was there first.
pub(super) fn unless_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// The path of a new partial file of the file that was set aside from `path` at a moment. No other process makes the
/// same one.
#[cfg(feature = "gzip")]
pub(super) fn part(path: &Path, micros: u64) -> PathBuf {
    let log = hash(path.file_name().unwrap_or_default());
    path.with_file_name(format!("{PART}{}.{log:016x}.{:016x}", stamp(micros), Ids::Random.span()))
}

/// Returns when the file was set aside from the log called `name` that `entry` is a partial file of.
fn read_part(entry: &OsStr, name: &OsStr) -> Option<u64> {
    let (text, rest) = entry.to_str()?.strip_prefix(PART)?.split_at_checked(stamp(0).len())?;
    let (log, random) = rest.strip_prefix('.')?.split_once('.')?;
    let is_of_log = u64::from_str_radix(log, 16).ok()? == hash(name);
    (is_of_log && u64::from_str_radix(random, 16).is_ok()).then(|| read_stamp(text)).flatten()
}

/// FNV-1a. Names on disk outlive a program, so this may not change with the compiler as the hasher of `std` does.
fn hash(name: &OsStr) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    name.as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// What a file that was set aside at a moment is called.
pub(super) fn named(path: &Path, micros: u64, kind: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{}{kind}", stamp(micros)));
    name.into()
}

/// A moment as a part of names: without colons, which some file systems and tools take for something else.
fn stamp(micros: u64) -> String {
    let mut text = Vec::new();
    push_timestamp(&mut text, micros);
    String::from_utf8_lossy(&text).replace(':', "-")
}

/// The moment and the kind that the name of a file which was set aside ends in. Nothing else is read as that, as it may
/// be removed.
fn read_ending(ending: &str) -> Option<(u64, &str)> {
    let (text, kind) = ending.strip_prefix('.')?.split_at_checked(stamp(0).len())?;
    ["", GZIP].contains(&kind).then_some((read_stamp(text)?, kind))
}

fn read_stamp(text: &str) -> Option<u64> {
    let (date, time) = text.split_once('T')?;
    let text_of_time = format!("{date}T{}", time.replace('-', ":"));
    let micros = micros_since_epoch(humantime::parse_rfc3339(&text_of_time).ok()?);
    (stamp(micros) == text).then_some(micros)
}
