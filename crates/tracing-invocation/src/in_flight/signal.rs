//! Showing what is open when a signal comes.

use std::ffi::c_int;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use signal_hook::consts::FORBIDDEN;
use signal_hook::low_level::{pipe, unregister};

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
        // All that the handler does is to write a byte.
        let (mut waiting, handler) = UnixStream::pair()?;
        let registered = pipe::register(signal, handler).map_err(named)?;
        let (journal, current) = (Arc::downgrade(&self.journal), self.current.clone());
        let thread = thread::Builder::new().name("tracing-invocation-dump".to_owned());
        let spawned = thread.spawn(move || {
            while wait_for(&mut waiting) {
                let Some(journal) = journal.upgrade() else {
                    break;
                };
                let text = Self { journal, current: current.clone() }.to_string();
                quietly(|| write(&text));
            }
            unregister(registered);
        });
        if spawned.is_err() {
            unregister(registered);
        }
        spawned.map(drop)
    }
}

/// Waits for signals; several that came at once count as one. Whether one came.
fn wait_for(signals: &mut UnixStream) -> bool {
    let mut came = [0; 64];
    loop {
        match signals.read(&mut came) {
            Ok(count) => return count > 0,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}
