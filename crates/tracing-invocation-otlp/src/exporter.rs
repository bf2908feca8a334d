//! An exporter as a program asks for it.

mod endpoint;
mod headers;

use std::ffi::OsString;
use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::resource::{EnvResourceDetector, SdkProvidedResourceDetector};
use tracing_invocation::sink::{Output, Queue};

use crate::collector::Collector;
use crate::environment::Environment;
use crate::settings::{InvalidExporter, Protocol, Settings};
use crate::{Retry, requests};

/// Sends records to an OpenTelemetry Collector.
///
/// What is not said in code is read from the environment when the exporter is [built](Self::build), each variable
/// below also with `LOGS_` behind `OTLP_`, which then has precedence:
///
/// | variable | says | by default |
/// |---|---|---|
/// | `OTEL_EXPORTER_OTLP_ENDPOINT` | where the collector is; over HTTP, `/v1/logs` is appended, but not to `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` | `http://localhost:4318`, for gRPC `http://localhost:4317` |
/// | `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` or `grpc` | `http/protobuf` |
/// | `OTEL_EXPORTER_OTLP_HEADERS` | headers, as `name=value,name=value` with percent-encoded values; those given in code are added | none |
/// | `OTEL_EXPORTER_OTLP_TIMEOUT` | milliseconds for one attempt | 10000 |
/// | `OTEL_EXPORTER_OTLP_COMPRESSION` | `gzip` or `none` | `none` |
/// | `OTEL_EXPORTER_OTLP_CERTIFICATE` | a file of root certificates in PEM (with the feature `tls`) | what the system trusts |
/// | `OTEL_SERVICE_NAME` | the resource's `service.name` | `unknown_service:` and the program's name |
/// | `OTEL_RESOURCE_ATTRIBUTES` | more of the resource, as `key=value,key=value` | none |
///
/// ```
/// use tracing_invocation::sink::Queue;
/// use tracing_invocation_otlp::{Exporter, Protocol};
///
/// let collector = Exporter::new()
///     .with_protocol(Protocol::Grpc)
///     .with_endpoint("http://localhost:4317")
///     .with_service_name("shop")
///     .with_header("x-tenant", "blue")
///     .with_queue(Queue::new(10_000))
///     .build()?;
/// let layer = tracing_invocation::layer().with_sink(collector);
/// # drop(layer);
/// let error = Exporter::new().with_endpoint("collector:4317").build().unwrap_err();
/// assert!(error.to_string().contains("write http://collector:4317"), "{error}");
/// # Ok::<(), tracing_invocation_otlp::InvalidExporter>(())
/// ```
#[derive(Clone)]
#[must_use = "an exporter sends nothing until it is built and a layer has it"]
pub struct Exporter {
    endpoint: Option<String>,
    protocol: Option<Protocol>,
    headers: Vec<(String, String)>,
    gzip: Option<bool>,
    timeout: Option<Duration>,
    attributes: Vec<(String, String)>,
    retry: Retry,
    queue: Queue,
    max_batch: usize,
    batch_delay: Duration,
    max_request_bytes: usize,
    #[cfg(feature = "tls")]
    roots: Option<Vec<u8>>,
}

impl Exporter {
    /// An exporter that does what the environment says.
    pub fn new() -> Self {
        Self {
            endpoint: None,
            protocol: None,
            headers: Vec::new(),
            gzip: None,
            timeout: None,
            attributes: Vec::new(),
            retry: Retry::new(),
            queue: Queue::new(2_048),
            max_batch: 512,
            batch_delay: Duration::from_secs(1),
            max_request_bytes: 1024 * 1024,
            #[cfg(feature = "tls")]
            roots: None,
        }
    }

    /// Where the collector is: `http://host:port`, or `https://` with the feature `tls`. Over HTTP, one without a path
    /// is asked at `/v1/logs`, and one with a path there.
    pub fn with_endpoint(self, endpoint: impl Into<String>) -> Self {
        Self { endpoint: Some(endpoint.into()), ..self }
    }

    /// How it is spoken to.
    pub fn with_protocol(self, protocol: Protocol) -> Self {
        Self { protocol: Some(protocol), ..self }
    }

    /// Sends this header with every request: over gRPC, as metadata.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Whether requests are compressed.
    pub fn with_gzip(self, gzip: bool) -> Self {
        Self { gzip: Some(gzip), ..self }
    }

    /// How long one attempt may take. After one that took longer, another connection is made.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Whose records these are: the resource's `service.name`.
    pub fn with_service_name(self, name: impl Into<String>) -> Self {
        self.with_resource_attribute("service.name", name)
    }

    /// Says something else of whose records these are, such as `deployment.environment.name`.
    pub fn with_resource_attribute(
        mut self,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// How often, and for how long, records are sent again.
    pub fn with_retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// Where records wait. By default 2,048 of them at the most; more are dropped, and told.
    pub fn with_queue(self, queue: Queue) -> Self {
        Self { queue, ..self }
    }

    /// How many records are sent at once at the most, and how long the first of them may wait for others. 512, and one
    /// second, by default. Flushing does not wait.
    pub fn with_batch(self, most: usize, delay: Duration) -> Self {
        Self { max_batch: most, batch_delay: delay, ..self }
    }

    /// How large a request may be before it is compressed: 1 MiB by default. A collector takes 4 MiB over gRPC unless it
    /// is told otherwise. A record that is larger by itself is sent alone.
    pub fn with_max_request_bytes(self, most: usize) -> Self {
        Self { max_request_bytes: most, ..self }
    }

    /// Trusts these authorities, in PEM, and not those that the system trusts.
    #[cfg(feature = "tls")]
    pub fn with_root_certificates(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { roots: Some(pem.into()), ..self }
    }

    /// The output for a layer. Its queue has a thread of its own, which connects when there is something to send.
    ///
    /// # Errors
    ///
    /// Where the code or the environment asks for something that cannot be. The error says what to write instead.
    pub fn build(self) -> Result<Output, InvalidExporter> {
        let queue = self.queue;
        let settings = self.settings(&|name| std::env::var_os(name))?;
        Ok(Output::new(Collector::new(settings)).with_queue(queue))
    }

    pub(crate) fn settings(
        self,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Settings, InvalidExporter> {
        let environment = &Environment::new(environment);
        let protocol = match self.protocol {
            Some(protocol) => protocol,
            None => protocol_in(environment)?.unwrap_or_default(),
        };
        let endpoint = endpoint::resolve(self.endpoint.as_deref(), protocol, environment)?;
        Ok(Settings {
            protocol,
            place: endpoint::told(&endpoint),
            endpoint,
            headers: headers::resolve(&self.headers, environment)?,
            gzip: match self.gzip {
                Some(gzip) => gzip,
                None => gzip_in(environment)?.unwrap_or(false),
            },
            timeout: match self.timeout {
                Some(timeout) => timeout,
                None => timeout_in(environment)?.unwrap_or(Duration::from_secs(10)),
            },
            retry: self.retry,
            max_batch: self.max_batch,
            batch_delay: self.batch_delay,
            max_request_bytes: self.max_request_bytes,
            empty: requests::empty(resource(&self.attributes)),
            #[cfg(feature = "tls")]
            roots: roots(self.roots, environment)?,
        })
    }
}

fn protocol_in(environment: &Environment<'_>) -> Result<Option<Protocol>, InvalidExporter> {
    let Some(said) = environment.otlp("PROTOCOL")? else {
        return Ok(None);
    };
    let known = [Protocol::HttpProtobuf, Protocol::Grpc];
    let found = known.into_iter().find(|protocol| protocol.as_str() == said.value);
    found.map(Some).ok_or_else(|| said.invalid("http/protobuf or grpc"))
}

fn gzip_in(environment: &Environment<'_>) -> Result<Option<bool>, InvalidExporter> {
    let Some(said) = environment.otlp("COMPRESSION")? else {
        return Ok(None);
    };
    match said.value.as_str() {
        "gzip" => Ok(Some(true)),
        "none" => Ok(Some(false)),
        _ => Err(said.invalid("gzip or none")),
    }
}

fn timeout_in(environment: &Environment<'_>) -> Result<Option<Duration>, InvalidExporter> {
    let Some(said) = environment.otlp("TIMEOUT")? else {
        return Ok(None);
    };
    let milliseconds: Result<NonZeroU64, _> = said.value.parse();
    match milliseconds {
        Ok(milliseconds) => Ok(Some(Duration::from_millis(milliseconds.get()))),
        Err(_) => Err(said.invalid("milliseconds, such as 10000")),
    }
}

#[cfg(feature = "tls")]
fn roots(
    given: Option<Vec<u8>>,
    environment: &Environment<'_>,
) -> Result<Option<rustls::RootCertStore>, InvalidExporter> {
    let pem = match (given, environment.otlp("CERTIFICATE")?) {
        (Some(pem), _) => pem,
        (None, Some(said)) => std::fs::read(&said.value).map_err(|error| {
            said.invalid(&format!("the path of a file that can be read, this one cannot: {error}"))
        })?,
        (None, None) => return Ok(None),
    };
    crate::tls::roots(&pem).map(Some)
}

/// Whose the records are: as the environment says, and over it the program.
fn resource(attributes: &[(String, String)]) -> Resource {
    let attributes = attributes.iter();
    let resource = opentelemetry_sdk::Resource::builder_empty()
        .with_detectors(&[
            Box::new(EnvResourceDetector::new()),
            // `OTEL_SERVICE_NAME` has precedence.
            Box::new(SdkProvidedResourceDetector),
        ])
        .with_attributes(
            attributes.map(|(key, value)| opentelemetry::KeyValue::new(key.clone(), value.clone())),
        )
        .build();
    let mut attributes = ResourceAttributesWithSchema::from(&resource).attributes.0;
    // The order of a map of the SDK's is no order.
    attributes.sort_by(|one, other| one.key.cmp(&other.key));
    Resource { attributes, ..Resource::default() }
}

impl Default for Exporter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("protocol", &self.protocol)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("queue", &self.queue)
            // Headers carry secrets, and endpoints may, until they are looked at.
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
