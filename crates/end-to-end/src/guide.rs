//! The configurations of the shipping guides, as they stand there.

use std::path::{Path, PathBuf};
use std::{fs, iter};

/// Where a file of `docs/shipping` is.
#[must_use]
pub fn guide_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/shipping").join(name)
}

/// A file of `docs/shipping`, with what only a test has instead of what a reader has: paths and ports.
///
/// # Panics
///
/// Where there is no such file, or nothing to put something else in place of.
#[must_use]
#[track_caller]
pub fn guide(name: &str, instead: &[(&str, &str)]) -> String {
    let path = guide_path(name);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    instead.iter().fold(text, |text, (theirs, ours)| {
        assert!(text.contains(theirs), "{name} does not say {theirs}");
        text.replace(theirs, ours)
    })
}

/// The fenced blocks of a guide that are in `language`, in their order.
///
/// # Panics
///
/// Where there is no such guide.
#[track_caller]
pub fn fenced(name: &str, language: &str) -> impl Iterator<Item = String> {
    let text = guide(name, &[]);
    let mut rest = text.lines().map(str::to_owned).collect::<Vec<_>>().into_iter();
    let fence = format!("```{language}");
    iter::from_fn(move || {
        rest.find(|line| *line == fence)?;
        Some(
            rest.by_ref()
                .take_while(|line| line != "```")
                .fold(String::new(), |block, line| block + &line + "\n"),
        )
    })
}
