//! What an exporter does, once all of it is known.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Uri};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;

use crate::Retry;

/// How a collector is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// Protobuf in HTTP/1.1 requests, usually on port 4318.
    #[default]
    HttpProtobuf,
    /// gRPC, usually on port 4317.
    Grpc,
}

impl Protocol {
    /// Its name in `OTEL_EXPORTER_OTLP_PROTOCOL`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::Grpc => "grpc",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Everything that was asked for, and found to make sense.
pub(crate) struct Settings {
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: Uri,
    /// The endpoint, as far as it may be told.
    pub(crate) place: String,
    pub(crate) headers: HeaderMap,
    pub(crate) gzip: bool,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) max_batch: usize,
    pub(crate) batch_delay: Duration,
    pub(crate) max_request_bytes: usize,
    /// A request without records.
    pub(crate) empty: ExportLogsServiceRequest,
    #[cfg(feature = "tls")]
    pub(crate) roots: Option<rustls::RootCertStore>,
}

impl Settings {
    /// Who sends.
    pub(crate) const USER_AGENT: HeaderValue =
        HeaderValue::from_static(concat!("tracing-invocation-otlp/", env!("CARGO_PKG_VERSION")));
}

/// An exporter that cannot be as it was asked for. Says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidExporter(String);

impl InvalidExporter {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for InvalidExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidExporter {}
