//! Listens to signals that stop or continue the program.
//!
//! A signal handler only sets a flag, which the main loop reads between two polls. The flags order no other memory, so
//! `Relaxed` is enough.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

#[cfg(unix)]
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// Set when a signal asks the program to end.
#[derive(Clone, Debug)]
pub(super) struct Stop(Arc<AtomicBool>);

/// Set when the program continues after it was stopped, for example by `kill -STOP` and the shell's `fg`.
#[derive(Clone, Debug)]
pub(super) struct Continued(Arc<AtomicBool>);

impl Continued {
    /// Registers the signal handler.
    pub(super) fn on_signal() -> io::Result<Self> {
        let is_continued = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        flag::register(signal_hook::consts::SIGCONT, Arc::clone(&is_continued))?;
        Ok(Self(is_continued))
    }

    /// Returns `true` if the program was continued since the last call.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Stop {
    /// Registers the signal handlers. The first signal sets the flag. Any later one has its default effect and kills the
    /// process, in case the main loop hangs.
    pub(super) fn on_signals() -> io::Result<Self> {
        let is_requested = Arc::new(AtomicBool::new(false));
        for signal in SIGNALS {
            // The order matters: this handler runs first, and must not see the flag that the second one sets.
            flag::register_conditional_default(signal, Arc::clone(&is_requested))?;
            flag::register(signal, Arc::clone(&is_requested))?;
        }
        Ok(Self(is_requested))
    }

    /// Returns `true` if a signal has arrived.
    pub(super) fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
