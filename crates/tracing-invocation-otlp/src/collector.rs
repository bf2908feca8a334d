//! The sink: batches of records on their way to a collector.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tracing_invocation::format::OtlpJson;
use tracing_invocation::sink::{Line, PartialLoss, Sink};

use crate::connection::Connection;
use crate::haste::Haste;
use crate::mapping::{self, Log};
use crate::requests;
use crate::settings::Settings;

/// Sends records to a collector. It blocks, so it stands behind a queue.
pub(crate) struct Collector {
    settings: Settings,
    haste: Haste,
    /// Opened by the thread that sends, once there is something to send.
    connection: Mutex<Option<Connection>>,
}

impl Collector {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, haste: Haste::default(), connection: Mutex::new(None) }
    }

    /// Sends records, in as many requests as it takes. How many were not taken, and why the last of them were not.
    fn send(&self, logs: Vec<Log>) -> io::Result<(usize, String)> {
        let settings = &self.settings;
        let mut slot = self.connection()?;
        let connection = match &mut *slot {
            Some(connection) => connection,
            slot => slot.insert(Connection::new(settings)?),
        };
        let begun = Instant::now();
        let (mut lost, mut why) = (0, String::new());
        for logs in requests::divide(&settings.empty, logs, settings.max_request_bytes) {
            let count = logs.len();
            let request = requests::filled(&settings.empty, logs);
            let answer = connection.deliver(request, settings, &self.haste, begun);
            self.haste.note(None);
            match answer {
                Ok(taken) if taken.rejected == 0 => {}
                Ok(taken) => {
                    lost += taken.rejected.min(count);
                    why = match taken.message.as_str() {
                        "" => "the collector rejected them".to_owned(),
                        message => format!("the collector rejected them: {message}"),
                    };
                }
                Err(error) => {
                    lost += count;
                    why = error;
                }
            }
        }
        Ok((lost, why))
    }

    /// The connection. It may have been left in the midst of an attempt, and that does no harm.
    fn connection(&self) -> io::Result<MutexGuard<'_, Option<Connection>>> {
        if Handle::try_current().is_ok() {
            return Err(io::Error::other(
                "a thread of a runtime cannot wait for a collector, and there is no other thread",
            ));
        }
        Ok(self.connection.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sink for Collector {
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        self.write_batch(&[*line])
    }

    fn name(&self) -> String {
        format!("collector {} ({})", self.settings.place, self.settings.protocol)
    }

    fn write_batch(&self, lines: &[Line<'_>]) -> io::Result<()> {
        // Whose records these are stands in the request, once for all of them.
        let format = OtlpJson::new("");
        let logs: io::Result<Vec<_>> =
            lines.iter().map(|line| mapping::log(&format, &line.record()?)).collect();
        let (lost, why) = self.send(logs?)?;
        if lost == 0 { Ok(()) } else { Err(PartialLoss::new(lost, why).into()) }
    }

    fn max_batch(&self) -> usize {
        self.settings.max_batch
    }

    fn batch_delay(&self) -> Duration {
        self.settings.batch_delay
    }

    fn trouble(&self) -> Option<String> {
        self.haste.trouble()
    }

    fn hurry(&self, until: Option<Instant>) {
        self.haste.hurry(until);
    }
}
