//! What to do when records are lost.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, SystemTime};

use super::report;
use crate::asking::ask;

/// What an output does when it loses records, besides counting them and saying so in the log once it can.
///
/// It is told when losing begins and when it is over, not of each record.
#[derive(Clone, Default)]
pub struct OnFailure(Kind);

#[derive(Clone, Default)]
enum Kind {
    Ignore,
    #[default]
    Report,
    Call(Arc<dyn Fn(&Incident<'_>) + Send + Sync>),
}

/// What happened to an output.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incident<'a> {
    /// It has begun to lose records.
    Losing {
        /// The output's name.
        output: &'a str,
        /// Why.
        error: &'a str,
    },
    /// It writes again, and has said in the log what is missing.
    Recovered {
        /// The output's name.
        output: &'a str,
        /// How many records were lost.
        lost: u64,
        /// When the first of them was.
        since: SystemTime,
        /// When the last of them was.
        until: SystemTime,
    },
    /// A [`Guard`](crate::Guard) could not flush it.
    Unflushed {
        /// The output's name.
        output: &'a str,
        /// Why.
        error: &'a str,
    },
    /// The program ends, and the log does not tell of records that were lost: it never could.
    Untold {
        /// The output's name.
        output: &'a str,
        /// How many records were lost.
        lost: u64,
        /// When the first of them was.
        since: SystemTime,
        /// When the last of them was.
        until: SystemTime,
    },
    /// The files of a [`File`](super::File) could not be opened anew, rotated, compressed or
    /// removed as they should have been. No
    /// record is lost by that: they go on into the same file.
    Unrotated {
        /// What the file is called.
        output: &'a str,
        /// Why.
        error: &'a str,
    },
}

impl OnFailure {
    /// Nothing.
    #[must_use]
    pub fn ignore() -> Self {
        Self(Kind::Ignore)
    }

    /// Says it on stderr. The default.
    #[must_use]
    pub fn report() -> Self {
        Self(Kind::Report)
    }

    /// Calls a function of the program's own, on the thread that found out; that a queue is full it is told on a thread
    /// of its own, for which no operation waits. What it opens is not recorded, and a panic in it goes no further. It does
    /// not flush: the thread that would do that may be waiting for it.
    #[must_use]
    pub fn call(function: impl Fn(&Incident<'_>) + Send + Sync + 'static) -> Self {
        Self(Kind::Call(Arc::new(function)))
    }

    pub(super) fn is_ignore(&self) -> bool {
        matches!(self.0, Kind::Ignore)
    }

    /// As [`tell`](Self::tell), at the end of a program. A stderr that nobody reads does not hold it up.
    pub(super) fn tell_in_time(&self, incident: &Incident<'_>) {
        /// How long the program waits for stderr.
        const PATIENCE: Duration = Duration::from_secs(1);
        if !matches!(self.0, Kind::Report) {
            return self.tell(incident);
        }
        let text = incident.to_string();
        let (done, waiting) = channel::<()>();
        let teller = thread::Builder::new().name("log report".to_owned()).spawn(move || {
            report(format_args!("{text}"));
            drop(done);
        });
        // Where there is no thread, there is nobody to wait for either.
        let _ = teller.map(|_| waiting.recv_timeout(PATIENCE));
    }

    pub(super) fn tell(&self, incident: &Incident<'_>) {
        match &self.0 {
            Kind::Ignore => {}
            Kind::Report => report(format_args!("{incident}")),
            Kind::Call(function) => {
                ask(|| function(incident));
            }
        }
    }
}

impl fmt::Display for Incident<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Losing { output, error } => {
                write!(f, "{output}: records are being lost: {error}")
            }
            Self::Recovered { output, lost, .. } => {
                write!(f, "{output}: records are written again, {lost} were lost")
            }
            Self::Unflushed { output, error } => write!(f, "{output}: not flushed: {error}"),
            Self::Untold { output, lost, .. } => {
                write!(f, "{output}: {lost} records were lost, and the log does not say so")
            }
            Self::Unrotated { output, error } => write!(f, "{output}: {error}"),
        }
    }
}

impl fmt::Debug for OnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Ignore => "ignore",
            Kind::Report => "report",
            Kind::Call(_) => "call(..)",
        })
    }
}
