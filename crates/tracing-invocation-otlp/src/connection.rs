//! A connection that is used until records are taken, or their time is over.

use std::io;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

use crate::client::{Again, Client, Prepared, Refusal, Taken};
use crate::haste::Haste;
use crate::settings::Settings;

/// A collector that asks for more time than this has made a mistake.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// A client, and the runtime that it works on: on the thread that sends and no other, so that whatever the client does
/// counts as writing.
pub(crate) struct Connection {
    client: Client,
    /// There until the connection is dropped.
    runtime: Option<Runtime>,
    /// Before this, the collector wants nothing.
    not_before: Option<Instant>,
}

impl Connection {
    pub(crate) fn new(settings: &Settings) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = {
            let _inside = runtime.enter();
            Client::new(settings)?
        };
        Ok(Self { client, runtime: Some(runtime), not_before: None })
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
        let Self { client, runtime, not_before } = self;
        let Some(runtime) = runtime else {
            return Err("the connection was closed".to_owned());
        };
        let request = client.prepare(request).map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let budget = settings.retry.budget();
            let mut pauses = settings.retry.pauses();
            let mut last = "it asked for time".to_owned();
            loop {
                if !wait_for(not_before, budget.saturating_sub(begun.elapsed())).await {
                    return Err(format!(
                        "{last}, and to wait for longer than the budget for retries"
                    ));
                }
                let refusal = match attempt(client, &request, settings.timeout).await {
                    Ok(taken) => return Ok(taken),
                    Err(refusal) => refusal,
                };
                last = refusal.why;
                haste.note(Some(&last));
                let left = budget.saturating_sub(begun.elapsed());
                if refusal.again == Again::Never || left.is_zero() {
                    return Err(last);
                }
                if let Again::After(asked) = refusal.again {
                    *not_before = Some(Instant::now() + asked.min(LONGEST));
                }
                // One that asks for no time gets some nevertheless.
                haste.pause(&mut pauses, left).await;
            }
        })
    }
}

/// Waits until the collector wants something again, for so long at the most. Whether it does.
async fn wait_for(not_before: &mut Option<Instant>, most: Duration) -> bool {
    if let Some(time) = *not_before {
        sleep(time.saturating_duration_since(Instant::now()).min(most)).await;
        if Instant::now() < time {
            return false;
        }
        *not_before = None;
    }
    true
}

async fn attempt(client: &Client, request: &Prepared, limit: Duration) -> Result<Taken, Refusal> {
    let late = |_| Refusal::new(format!("no answer within {limit:?}"), Again::Later);
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
