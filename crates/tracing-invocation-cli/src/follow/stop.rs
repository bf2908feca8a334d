//! Signals that end the program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

#[cfg(unix)]
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// Whether the program was told to end.
#[derive(Clone, Debug)]
pub(super) struct Stop(Arc<AtomicBool>);

/// Whether the program goes on after it was stopped, as by `kill -STOP` and the shell's `fg`.
#[derive(Clone, Debug)]
pub(super) struct Continued(Arc<AtomicBool>);

impl Continued {
    /// Listens.
    pub(super) fn on_signal() -> io::Result<Self> {
        let is_continued = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        flag::register(signal_hook::consts::SIGCONT, Arc::clone(&is_continued))?;
        Ok(Self(is_continued))
    }

    /// Whether it was since this was last asked.
    pub(super) fn is_news(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Stop {
    /// Listens. The first signal asks; a second one of its kind acts as if nobody listened.
    pub(super) fn on_signals() -> io::Result<Self> {
        let is_asked = Arc::new(AtomicBool::new(false));
        for signal in SIGNALS {
            flag::register_conditional_default(signal, Arc::clone(&is_asked))?;
            flag::register(signal, Arc::clone(&is_asked))?;
        }
        Ok(Self(is_asked))
    }

    pub(super) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
