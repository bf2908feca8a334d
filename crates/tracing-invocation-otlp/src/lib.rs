//! Sends the records of [`tracing_invocation`] to an OpenTelemetry Collector, or to whatever else takes OTLP logs: over
//! http/protobuf or gRPC.
//!
//! ```no_run
//! use tracing_invocation_otlp::Exporter;
//! use tracing_subscriber::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let collector =
//!     Exporter::new().with_endpoint("http://collector:4318").with_service_name("shop").build()?;
//! let layer = tracing_invocation::layer().and_sink(collector);
//! let _guard = layer.guard();
//! tracing_subscriber::registry().with(layer).init();
//! # Ok(())
//! # }
//! ```
//!
//! What is not said in code is read from the environment, by the names that OpenTelemetry gives: see [`Exporter`].
//!
//! # What is promised
//!
//! - **Nobody waits for the network.** [`Exporter::build`] gives an output with a queue. A thread of its own sends
//!   batches, with a client that runs on no other thread; what the client does is not recorded.
//! - **Bounded.** The queue has a capacity, a request a size, an attempt a timeout, and trying again a budget: see
//!   [`Retry`].
//! - **Nothing is lost silently.** What a collector rejects, in part or whole, what found no room and what could not be
//!   sent within the budget is counted, and told in the log once it flows again.
//! - **At least once.** Where an answer is lost, records are sent again. A record's `span_id`, together with its
//!   `invocation.event_outcome`, names it.
//! - **A flush ends at its deadline**, and while somebody waits for one, the exporter does not wait between attempts
//!   for longer than [`Retry`]'s first pause, unless the collector asked it to.
//!
//! # What a record looks like
//!
//! As in a file of the preset [`OtlpJson`](tracing_invocation::format::OtlpJson), whose documentation says which key of a
//! record goes where: the namespace is the name of the scope, and what OTLP has no field for is an attribute
//! `invocation.`, such as `invocation.event_outcome`.

mod client;
mod collector;
mod connection;
mod environment;
mod exporter;
mod haste;
mod mapping;
mod requests;
mod retry;
mod settings;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tracing-opentelemetry")]
mod trace_context;

pub use exporter::Exporter;
pub use retry::Retry;
pub use settings::{InvalidExporter, Protocol};
#[cfg(feature = "tracing-opentelemetry")]
pub use trace_context::trace_context;

/// The code of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
