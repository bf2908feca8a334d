//! Refuses to write a page over a log, or over any other file that is not a page.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

use tracing_invocation::format::harmless;

use crate::input::Source;

/// What every page begins with, in any case.
const PAGE: &[u8] = b"<!doctype html";

/// Refuses a path at which a file stands that is one of the logs, or that is no page. What is no file, such as a pipe, is
/// lost by nothing that is written to it.
///
/// # Errors
///
/// Where it is refused, and where nobody can tell what stands there.
pub(super) fn check(path: &Path, sources: &[Source]) -> io::Result<()> {
    let Ok(there) = fs::metadata(path) else { return Ok(()) };
    if !there.is_file() {
        return Ok(());
    }
    let name = path.display().to_string();
    let name = harmless(&name);
    if sources.iter().any(|source| is_same(source, path, &there)) {
        return Err(is_a_log(&name));
    }
    if there.len() == 0 || is_page(path).map_err(|error| named(&name, &error))? {
        return Ok(());
    }
    let other = path.with_extension("html");
    let such_as = if other == path {
        String::new()
    } else {
        format!(", such as {}", harmless(&other.display().to_string()))
    };
    Err(io::Error::other(format!(
        "{name} is there and is no page: name another file{such_as}. Nothing was written"
    )))
}

/// Refuses a stdout that is one of the logs, to which somebody appends.
///
/// # Errors
///
/// Where it is refused.
pub(super) fn check_stdout(sources: &[Source]) -> io::Result<()> {
    let is_log = |there: &Metadata| {
        there.is_file()
            && sources
                .iter()
                .any(|source| of_source(source).is_some_and(|source| is_same_file(&source, there)))
    };
    match of_stream(&io::stdout()) {
        Some(there) if is_log(&there) => Err(is_a_log("stdout")),
        _ => Ok(()),
    }
}

fn is_a_log(name: &str) -> io::Error {
    io::Error::other(format!(
        "{name} is one of the logs: name another file for the page. Nothing was written"
    ))
}

fn named(name: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{name}: {error}"))
}

fn is_page(path: &Path) -> io::Result<bool> {
    let mut begin = Vec::with_capacity(PAGE.len());
    File::open(path)?.take(PAGE.len() as u64).read_to_end(&mut begin)?;
    Ok(begin.eq_ignore_ascii_case(PAGE))
}

/// Whether a source is the file at `path`, by whichever name.
fn is_same(source: &Source, path: &Path, there: &Metadata) -> bool {
    let is_same_path = || match source {
        Source::Stdin => false,
        Source::File(file) => {
            let whole = |path: &Path| fs::canonicalize(path).ok();
            whole(file).is_some_and(|file| whole(path) == Some(file))
        }
    };
    of_source(source).is_some_and(|source| is_same_file(&source, there)) || is_same_path()
}

fn of_source(source: &Source) -> Option<Metadata> {
    match source {
        Source::Stdin => of_stream(&io::stdin()),
        Source::File(path) => fs::metadata(path).ok(),
    }
}

/// What stdin or stdout leads to.
#[cfg(unix)]
fn of_stream(stream: &impl std::os::fd::AsFd) -> Option<Metadata> {
    let file = File::from(stream.as_fd().try_clone_to_owned().ok()?);
    file.metadata().ok()
}

#[cfg(not(unix))]
fn of_stream<T>(_: &T) -> Option<Metadata> {
    None
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    false
}
