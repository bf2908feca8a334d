//! Files that were set aside: what they are called, which there are, and which go.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::clock::{micros_since_epoch, push_timestamp};
#[cfg(feature = "gzip")]
use crate::ids::Ids;

/// Behind the name of a compressed file.
pub(super) const GZIP: &str = ".gz";
/// Behind the name of a file that is being compressed, and before what tells it from what others make of the same.
const PART: &str = ".gz.part-";

/// How many names are tried, where others set files aside in the same microsecond.
const TRIES: u64 = 1_000;

/// What there is of one file that was set aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) is_plain: bool,
    pub(super) is_compressed: bool,
    /// What the names of incomplete ones end in.
    pub(super) parts: Vec<String>,
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
        let ending = entry.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        let ending = ending.and_then(|ending| str::from_utf8(ending).ok());
        if let Some((micros, kind)) = ending.and_then(read_ending) {
            let found = files.entry(micros).or_default();
            match kind {
                "" => found.is_plain = true,
                GZIP => found.is_compressed = true,
                part => found.parts.push(part.to_owned()),
            }
        }
    }
    Ok(files)
}

/// Removes all of these files but the latest `kept`, and what was left of compressing others. The first error, after
/// everything was tried.
pub(super) fn prune(path: &Path, kept: Option<usize>) -> io::Result<()> {
    let files = find(path)?;
    let is_one = |found: &Found| found.is_plain || found.is_compressed;
    let mut surplus = files.values().filter(|found| is_one(found)).count();
    surplus = surplus.saturating_sub(kept.unwrap_or(usize::MAX));
    let mut result = Ok(());
    for (micros, found) in files {
        let is_surplus = surplus > 0 && is_one(&found);
        surplus -= usize::from(is_surplus);
        for kind in doomed(&found, is_surplus) {
            let removed = fs::remove_file(named(path, micros, kind));
            result = result.and(removed.or_else(unless_missing));
        }
    }
    result
}

/// What the names end in of what is removed.
fn doomed(found: &Found, is_surplus: bool) -> impl Iterator<Item = &str> {
    let plain = (is_surplus && found.is_plain).then_some("");
    let compressed = (is_surplus && found.is_compressed).then_some(GZIP);
    let parts = found.parts.iter().filter(move |_| is_surplus || !found.is_plain);
    plain.into_iter().chain(compressed).chain(parts.map(String::as_str))
}

/// Somebody else was there first.
pub(super) fn unless_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// What an incomplete file ends in: nobody else's is the same, not even of a process with the same id elsewhere.
#[cfg(feature = "gzip")]
pub(super) fn part() -> String {
    format!("{PART}{:016x}", Ids::Random.span())
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
    let (date, time) = text.split_once('T')?;
    let text_of_time = format!("{date}T{}", time.replace('-', ":"));
    let micros = micros_since_epoch(humantime::parse_rfc3339(&text_of_time).ok()?);
    let is_known = ["", GZIP].contains(&kind) || kind.starts_with(PART);
    (stamp(micros) == text && is_known).then_some((micros, kind))
}
