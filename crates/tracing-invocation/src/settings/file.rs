//! A policy in a file, read anew whenever the file changes.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Handle;
use crate::policy::PatternPolicy;
use crate::sink::report;

/// A file, JSON or TOML, whose [`PatternPolicy`] is in force, and is followed for as long as this value lives. The
/// policy that was in force last stays.
///
/// A file that cannot be read or understood leaves the policy before it in force, and that is said on stderr once.
///
/// ```no_run
/// use tracing_invocation::PolicyFile;
/// use tracing_subscriber::prelude::*;
///
/// let layer = tracing_invocation::layer();
/// let _policy = PolicyFile::watch("policy.toml", layer.handle())?;
/// tracing_subscriber::registry().with(layer).init();
/// # Ok::<(), tracing_invocation::PolicyFileError>(())
/// ```
#[derive(Debug)]
#[must_use = "the file is followed for as long as this lives"]
pub struct PolicyFile {
    _watcher: RecommendedWatcher,
}

impl PolicyFile {
    /// Puts the policy of this file in force, and follows the file.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, understood or followed. Then the policy before it stays.
    pub fn watch(path: impl AsRef<Path>, handle: Handle) -> Result<Self, PolicyFileError> {
        let mut said = None;
        Self::watch_with(path, handle, move |outcome| match outcome {
            Ok(()) => said = None,
            Err(error) => {
                let text = error.to_string();
                if said.as_deref() != Some(text.as_str()) {
                    report(format_args!("{text}; the policy before it stays in force"));
                    said = Some(text);
                }
            }
        })
    }

    /// As [`watch`](Self::watch), and tells `told` of every later reading instead of stderr.
    ///
    /// # Errors
    ///
    /// As [`watch`](Self::watch).
    pub fn watch_with(
        path: impl AsRef<Path>,
        handle: Handle,
        mut told: impl FnMut(Result<(), &PolicyFileError>) + Send + 'static,
    ) -> Result<Self, PolicyFileError> {
        let path = path.as_ref().to_owned();
        let failed = |reason| PolicyFileError { path: path.clone(), reason };
        let reading = Arc::new(Mutex::new(Reading { path: path.clone(), known: None, handle }));
        let follower = Arc::clone(&reading);
        // Whatever changes in the folder, and whatever goes wrong with being told of it, is a reason to look again: a
        // file may be reached through links that change elsewhere in it. What says the same is passed over.
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_only_looked_at(event.kind)) {
                return;
            }
            let outcome = follower.lock().unwrap_or_else(PoisonError::into_inner).read();
            if let Some(outcome) = outcome {
                told(outcome.as_ref().copied());
            }
        })
        .map_err(|error| failed(Reason::Follow(error)))?;
        // The folder, because editors and deployments put a new file in the place of the old one. Before the first
        // reading, so that no change falls between the two.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let first = reading.lock().unwrap_or_else(PoisonError::into_inner).read_first(|| {
            watcher.watch(folder.unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)
        });
        first.map(|()| Self { _watcher: watcher })
    }
}

/// Whether somebody opened or read a file, as this does itself.
fn is_only_looked_at(kind: EventKind) -> bool {
    use notify::event::{AccessKind, AccessMode};
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// What is known of the file.
struct Reading {
    path: PathBuf,
    /// The text that was read last, whether it could be understood or not.
    known: Option<String>,
    handle: Handle,
}

impl Reading {
    fn read_first(
        &mut self,
        follow: impl FnOnce() -> notify::Result<()>,
    ) -> Result<(), PolicyFileError> {
        follow().map_err(|error| self.failed(Reason::Follow(error)))?;
        self.read().unwrap_or(Ok(()))
    }

    /// Reads the file, and puts its policy in force; `None` where the file says what it said before.
    fn read(&mut self) -> Option<Result<(), PolicyFileError>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) if self.known.as_ref() == Some(&text) => return None,
            Ok(text) => text,
            Err(error) => return Some(Err(self.failed(Reason::Read(error)))),
        };
        let policy = parse(&self.path, &text);
        self.known = Some(text);
        Some(policy.map_err(|reason| self.failed(reason)).map(|policy| {
            self.handle.update(|settings| settings.with_policy(policy.clone()));
        }))
    }

    fn failed(&self, reason: Reason) -> PolicyFileError {
        PolicyFileError { path: self.path.clone(), reason }
    }
}

fn parse(path: &Path, text: &str) -> Result<PatternPolicy, Reason> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => {
            serde_json::from_str(text).map_err(|error| Reason::Parse(error.to_string()))
        }
        Some("toml") => toml::from_str(text).map_err(|error| Reason::Parse(error.to_string())),
        _ => Err(Reason::Format),
    }
}

/// Why the policy of a file is not in force.
#[derive(Debug)]
pub struct PolicyFileError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Read(io::Error),
    Format,
    Parse(String),
    Follow(notify::Error),
}

impl fmt::Display for PolicyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy file {}: ", self.path.display())?;
        match &self.reason {
            Reason::Read(error) => write!(f, "it cannot be read: {error}"),
            Reason::Format => f.write_str("its name has to end in `.json` or `.toml`"),
            Reason::Parse(error) => f.write_str(error.trim_end()),
            Reason::Follow(error) => write!(f, "it cannot be followed: {error}"),
        }
    }
}

impl std::error::Error for PolicyFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Read(error) => Some(error),
            Reason::Follow(error) => Some(error),
            Reason::Format | Reason::Parse(_) => None,
        }
    }
}
