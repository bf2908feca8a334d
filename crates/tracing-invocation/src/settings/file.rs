//! A policy in a file, read anew whenever the file changes.

use std::fmt;
use std::fs;
use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::Handle;
use crate::payload::text::quietly;
use crate::policy::PatternPolicy;
use crate::sink::report;

/// How often the file is read.
const INTERVAL: Duration = Duration::from_secs(1);

/// Follows a file, JSON or TOML, and puts its [`PatternPolicy`] in force, for as long as this value lives. The policy that
/// was in force last stays.
///
/// A thread of its own reads the file once a second, by its path. So it does not matter how the file comes to say
/// something else: it is written in place or replaced; it, or a folder on its way, is a symbolic link that is switched or
/// that leads to what is edited; its folder is made anew; it stands on a file system that reports no changes.
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
    /// Hangs up when it is dropped, which ends the thread.
    _end: Sender<()>,
}

impl PolicyFile {
    /// Puts the policy of this file in force, and follows the file. A relative path is one of the folder that the process
    /// is in now.
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

    /// As [`watch`](Self::watch), and calls `told`, instead of writing to stderr, whenever the file says something else
    /// than before, or cannot be read for another reason than before.
    ///
    /// # Errors
    ///
    /// As [`watch`](Self::watch).
    pub fn watch_with(
        path: impl AsRef<Path>,
        handle: Handle,
        mut told: impl FnMut(Result<(), &PolicyFileError>) + Send + 'static,
    ) -> Result<Self, PolicyFileError> {
        let given = path.as_ref();
        let failed = |reason| PolicyFileError { path: given.to_owned(), reason };
        // The process may change its folder.
        let path = path::absolute(given).map_err(|error| failed(Reason::Read(error)))?;
        let mut reading = Reading { given: given.to_owned(), path, known: None, handle };
        reading.read().unwrap_or(Ok(()))?;
        let (end, ended) = channel::<()>();
        let follow = move || {
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if let Some(outcome) = reading.read() {
                    // What it says is no matter to the policy, nor is it if it panics.
                    quietly(|| told(outcome.as_ref().copied()));
                }
            }
        };
        let thread = thread::Builder::new().name("tracing-invocation-policy".to_owned());
        thread.spawn(follow).map_err(|error| failed(Reason::Follow(error)))?;
        Ok(Self { _end: end })
    }
}

/// What is known of the file.
struct Reading {
    /// As the program names it.
    given: PathBuf,
    path: PathBuf,
    /// What was found last: the text, whether it could be understood or not, or why it could not be read.
    known: Option<Result<String, String>>,
    handle: Handle,
}

impl Reading {
    /// Reads the file, and puts its policy in force. Returns `None` where it is as it was before.
    fn read(&mut self) -> Option<Result<(), PolicyFileError>> {
        let read = fs::read_to_string(&self.path);
        let found = read.as_ref().map(String::clone).map_err(ToString::to_string);
        if self.known.as_ref() == Some(&found) {
            return None;
        }
        self.known = Some(found);
        let policy = read.map_err(Reason::Read).and_then(|text| parse(&self.path, &text));
        let policy = policy.map_err(|reason| PolicyFileError { path: self.given.clone(), reason });
        Some(policy.map(|policy| {
            self.handle.update(|settings| settings.with_policy(policy.clone()));
        }))
    }
}

fn parse(path: &Path, text: &str) -> Result<PatternPolicy, Reason> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => {
            serde_json::from_str(text).map_err(|error| Reason::Parse(error.to_string()))
        }
        Some("toml") => {
            toml::from_str(text).map_err(|error| Reason::Parse(in_a_line(&error, text)))
        }
        _ => Err(Reason::Format),
    }
}

/// What is wrong with a TOML text, and where. The error's own text shows the place over several lines.
fn in_a_line(error: &toml::de::Error, text: &str) -> String {
    let message = error.message();
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return message.to_owned();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{message} at line {line} column {column}")
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
    Follow(io::Error),
}

impl fmt::Display for PolicyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy file {}: ", self.path.display())?;
        match &self.reason {
            Reason::Read(error) => write!(f, "it cannot be read: {error}"),
            Reason::Format => f.write_str("its name has to end in `.json` or `.toml`"),
            Reason::Parse(error) => f.write_str(error),
            Reason::Follow(error) => write!(f, "it cannot be followed: {error}"),
        }
    }
}

impl std::error::Error for PolicyFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Read(error) | Reason::Follow(error) => Some(error),
            Reason::Format | Reason::Parse(_) => None,
        }
    }
}
