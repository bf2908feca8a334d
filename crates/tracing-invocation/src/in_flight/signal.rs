//! Showing what is open when a signal comes.

use std::ffi::c_int;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::thread;

use signal_hook::consts::FORBIDDEN;
use signal_hook::iterator::Signals;

use super::InFlight;
use crate::payload::text::quietly;

impl InFlight {
    /// Writes what is open to stderr whenever the process gets this signal, as a table for a person.
    ///
    /// What the signal did before, such as ending the process, it does no longer. Handlers that were registered through
    /// `signal-hook`, or by tokio, stay. A thread of its own waits for the signal, and does the work; it ends at the first
    /// signal behind the end of the layer.
    ///
    /// # Errors
    ///
    /// Where nobody may handle the signal, there is none of that number, or there is no thread.
    ///
    /// ```
    /// use signal_hook::consts::{SIGKILL, SIGUSR1};
    ///
    /// let layer = tracing_invocation::layer();
    /// layer.in_flight().dump_on_signal(SIGUSR1)?;
    /// assert!(layer.in_flight().dump_on_signal(SIGKILL).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn dump_on_signal(&self, signal: c_int) -> io::Result<()> {
        // Where stderr cannot be written to, there is nobody to be told.
        self.dump_on_signal_to(signal, |text| drop(io::stderr().write_all(text.as_bytes())))
    }

    /// The same, and gives the table to `write`, on a thread of its own. A panic of it has no consequences.
    ///
    /// # Errors
    ///
    /// As [`dump_on_signal`](Self::dump_on_signal).
    pub fn dump_on_signal_to(
        &self,
        signal: c_int,
        mut write: impl FnMut(&str) + Send + 'static,
    ) -> io::Result<()> {
        // These make the registration panic.
        if FORBIDDEN.contains(&signal) {
            let text = format!("signal {signal} cannot be handled: SIGUSR1 or SIGUSR2 can");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("signal {signal}: {error}"));
        let mut signals = Signals::new([signal]).map_err(named)?;
        let (journal, current) = (Arc::downgrade(&self.journal), self.current.clone());
        let thread = thread::Builder::new().name("tracing-invocation-dump".to_owned());
        thread.spawn(move || {
            for _ in signals.forever() {
                let Some(journal) = journal.upgrade() else {
                    return;
                };
                let text = Self { journal, current: current.clone() }.to_string();
                quietly(|| write(&text));
            }
        })?;
        Ok(())
    }
}
