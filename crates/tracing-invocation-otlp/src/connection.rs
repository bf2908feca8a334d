//! A connection that is used until records are taken, or their time is over.

use std::io;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

use crate::client::{self, Again, Client, Connector, Prepared, Refusal, Taken};
use crate::haste::Haste;
use crate::settings::Settings;

/// A collector that asks for more time than this has made a mistake.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// A client, and the runtime that it works on: on the thread that sends and no other, so that whatever the client does
/// counts as writing.
pub(crate) struct Connection {
    client: Client,
    /// For the client after this one.
    connector: Connector,
    /// There until the connection is dropped.
    runtime: Option<Runtime>,
    /// Before this, the collector wants nothing.
    not_before: Option<Instant>,
}

impl Connection {
    pub(crate) fn new(settings: &Settings) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connector = client::connector(settings)?;
        let client = {
            let _inside = runtime.enter();
            Client::new(settings, connector.clone())
        };
        Ok(Self { client, connector, runtime: Some(runtime), not_before: None })
    }

    /// Sends a request, and again while that may help and the budget, which began then, is not spent. Says why it was
    /// not taken.
    pub(crate) fn deliver(
        &mut self,
        request: ExportLogsServiceRequest,
        settings: &Settings,
        haste: &Haste,
        begun: Instant,
    ) -> Result<Taken, String> {
        let Self { client, connector, runtime, not_before } = self;
        let Some(runtime) = runtime else {
            return Err("the connection was closed".to_owned());
        };
        let request = client.prepare(request).map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let budget = settings.retry.budget();
            let mut pauses = settings.retry.pauses();
            let mut last = None;
            loop {
                let left = budget.saturating_sub(begun.elapsed());
                if until(*not_before) > left {
                    // Waiting would not help these records, and delay whoever waits for them.
                    let last = last.as_deref().unwrap_or("it asked for time");
                    return Err(format!(
                        "{last}, and to wait for longer than the budget for retries"
                    ));
                }
                if last.is_some() {
                    // One that asks for no time gets some nevertheless.
                    haste.pause(&mut pauses, left).await;
                }
                sleep(until(*not_before)).await;
                let refusal = match attempt(client, &request, settings.timeout).await {
                    Ok(taken) => return Ok(taken),
                    Err(refusal) => refusal,
                };
                if !refusal.is_answer {
                    // A connection that died without a word would be kept, and time out each time.
                    *client = Client::new(settings, connector.clone());
                }
                if let Again::After(asked) = refusal.again {
                    *not_before = Some(Instant::now() + asked.min(LONGEST));
                }
                haste.note(Some(&refusal.why));
                if refusal.again == Again::Never || begun.elapsed() >= budget {
                    return Err(refusal.why);
                }
                last = Some(refusal.why);
            }
        })
    }
}

/// How long it is until then.
fn until(time: Option<Instant>) -> Duration {
    time.map_or(Duration::ZERO, |time| time.saturating_duration_since(Instant::now()))
}

async fn attempt(client: &Client, request: &Prepared, limit: Duration) -> Result<Taken, Refusal> {
    let late = |_| Refusal::silence(format!("no answer within {limit:?}"));
    timeout(limit, client.send(request)).await.map_err(late)?
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Where a runtime of the program drops a layer, waiting would be a panic.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Exporter;

    use super::*;

    #[tokio::test]
    async fn a_runtime_of_the_program_may_drop_a_connection() {
        for protocol in [crate::Protocol::HttpProtobuf, crate::Protocol::Grpc] {
            let settings = Exporter::new().with_protocol(protocol).settings(&|_| None).unwrap();
            drop(Connection::new(&settings).unwrap());
        }
    }
}
