//! A policy in a file, read anew whenever the file changes.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Handle;
use crate::policy::PatternPolicy;
use crate::sink::report;

/// A file, JSON or TOML, whose [`PatternPolicy`] is in force for as long as this value lives, and follows the file.
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
        let mut known = fs::read_to_string(&path).map_err(|error| failed(Reason::Read(error)))?;
        let policy = parse(&path, &known).map_err(failed)?;
        handle.update(|settings| settings.with_policy(policy.clone()));

        let followed = path.clone();
        let mut follow = move |event: Event| {
            let may_have_changed =
                !matches!(event.kind, EventKind::Access(access) if !ends_writing(access));
            if !may_have_changed
                || !event.paths.iter().any(|path| path.file_name() == followed.file_name())
            {
                return;
            }
            let text = match fs::read_to_string(&followed) {
                Ok(text) if text == known => return,
                Ok(text) => text,
                Err(error) => {
                    return told(Err(&PolicyFileError {
                        path: followed.clone(),
                        reason: Reason::Read(error),
                    }));
                }
            };
            match parse(&followed, &text) {
                Ok(policy) => {
                    handle.update(|settings| settings.with_policy(policy.clone()));
                    told(Ok(()));
                }
                Err(reason) => told(Err(&PolicyFileError { path: followed.clone(), reason })),
            }
            known = text;
        };
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            event.into_iter().for_each(&mut follow);
        })
        .map_err(|error| failed(Reason::Follow(error)))?;
        // The folder, because editors and deployments put a new file in the place of the old one.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        watcher
            .watch(folder.unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)
            .map_err(|error| failed(Reason::Follow(error)))?;
        Ok(Self { _watcher: watcher })
    }
}

fn ends_writing(access: notify::event::AccessKind) -> bool {
    use notify::event::{AccessKind, AccessMode};
    access == AccessKind::Close(AccessMode::Write)
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
