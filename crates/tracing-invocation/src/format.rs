//! How records look to what reads them: presets beside the native wire format.
//!
//! | preset | read by | what it is made after |
//! |---|---|---|
//! | [`Ecs`] | Elasticsearch, Kibana, Filebeat | Elastic Common Schema 9.4.0, in the order of ecs-logging 1.0 |
//! | [`GoogleCloud`] | the agents of Google Cloud Logging | its structured logging fields, for `LogEntry` v2 |
//! | [`OtlpJson`] | OpenTelemetry Collectors (`otlpjsonfile`) | OTLP 1.10.0, JSON encoding, one `resourceLogs` a line |
//! | [`Bunyan`] | the `bunyan` command and its kin | node-bunyan 2.0.5, record version 0 |
//! | [`Datadog`] | the Datadog Agent | its reserved and standard attributes |
//!
//! Each line is one JSON object that has no key twice, escaped as the native format escapes, and nothing native is
//! lost: what a schema has a place for stands there, and everything else is under one key, `invocation`, by its native
//! name. The native outcome is kept as the word it is, since no schema has one for `cancelled`. The error of a record
//! that `failed` stands where a schema expects errors; what else ended an operation is no error to anybody, and stays in
//! the payload. `docs/FORMATS.md` shows the presets side by side.
//!
//! An output with a format keeps to a limit of its own, [`Output::with_format_limit`]. Nothing here fails or panics,
//! whatever the record.
//!
//! [`Output::with_format_limit`]: crate::sink::Output::with_format_limit

mod bunyan;
mod datadog;
mod ecs;
mod fitted;
mod google_cloud;
pub(crate) mod hostile;
mod message;
mod object;
mod otlp_json;
mod rest;
pub(crate) mod time;

pub use bunyan::Bunyan;
pub use datadog::Datadog;
pub use ecs::Ecs;
pub(crate) use fitted::Fitted;
pub use google_cloud::GoogleCloud;
pub use hostile::harmless;
pub use otlp_json::OtlpJson;
pub use time::lasted;

use crate::record::Record;

/// Writes records in the words of what reads them.
///
/// An output that has none writes the native wire format.
///
/// ```
/// use tracing_invocation::format::Ecs;
/// use tracing_invocation::sink::{JsonLines, Output};
///
/// let output = Output::new(JsonLines::new(std::io::stdout)).with_format(Ecs::new());
/// # drop(tracing_invocation::layer().with_sink(output));
/// ```
pub trait Format: Send + Sync {
    /// Appends `record`, its newline included.
    fn format(&self, record: &Record, to: &mut Vec<u8>);
}
