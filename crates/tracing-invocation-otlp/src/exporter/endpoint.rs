//! Where a collector is.

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

use crate::environment::Environment;
use crate::settings::{InvalidExporter, Protocol};

/// Where logs are taken over HTTP.
const PATH: &str = "v1/logs";

/// The endpoint that the code gives, else the environment, else OpenTelemetry.
pub(super) fn resolve(
    given: Option<&str>,
    protocol: Protocol,
    environment: &Environment<'_>,
) -> Result<Uri, InvalidExporter> {
    if let Some(given) = given {
        let uri = parse(given, "with_endpoint", protocol)?;
        let is_bare = uri.path() == "/" && uri.query().is_none();
        return if is_bare { for_logs(uri, protocol) } else { Ok(uri) };
    }
    match environment.otlp("ENDPOINT")? {
        Some(said) if said.is_of_logs => parse(&said.value, &said.by, protocol),
        Some(said) => for_logs(parse(&said.value, &said.by, protocol)?, protocol),
        None => for_logs(parse(default(protocol), "by default", protocol)?, protocol),
    }
}

/// An endpoint without what may be secret in it.
pub(super) fn told(endpoint: &Uri) -> String {
    let scheme = endpoint.scheme_str().unwrap_or_default();
    let place = endpoint.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let path = if endpoint.path() == "/" { "" } else { endpoint.path() };
    format!("{scheme}://{place}{path}")
}

/// Where OpenTelemetry expects a collector.
fn default(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::HttpProtobuf => "http://localhost:4318",
        Protocol::Grpc => "http://localhost:4317",
    }
}

fn parse(text: &str, by: &str, protocol: Protocol) -> Result<Uri, InvalidExporter> {
    let text = text.trim();
    let place = text.split_once("://").map_or(text, |(_, place)| place);
    if place.split(['/', '?']).next().is_some_and(|place| place.contains('@')) {
        // What is before the `@` is not to be told.
        return Err(InvalidExporter::new(format!(
            "{by}: an endpoint has no credentials in it: write them as a header, such as authorization"
        )));
    }
    // Nor is a query.
    let told = text.split('?').next().unwrap_or_default();
    let invalid = |instead: &str| {
        InvalidExporter::new(format!("{by}: the endpoint {told:?} is not one: write {instead}"))
    };
    let example = default(protocol);
    if !text.contains("://") && !text.is_empty() {
        return Err(invalid(&format!("http://{told}")));
    }
    let uri: Uri = text.parse().map_err(|_| invalid(example))?;
    let Some(place) = uri.authority() else {
        return Err(invalid(example));
    };
    match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP => {}
        Some(scheme) if *scheme == Scheme::HTTPS && cfg!(feature = "tls") => {}
        Some(scheme) if *scheme == Scheme::HTTPS => {
            return Err(invalid("http://, or enable the feature `tls` of tracing-invocation-otlp"));
        }
        _ => return Err(invalid(example)),
    }
    if protocol == Protocol::Grpc && (uri.path() != "/" || uri.query().is_some()) {
        let scheme = uri.scheme_str().unwrap_or_default();
        return Err(invalid(&format!("{scheme}://{place}: gRPC has no paths")));
    }
    Ok(uri)
}

/// The place for logs below a base.
fn for_logs(base: Uri, protocol: Protocol) -> Result<Uri, InvalidExporter> {
    if protocol == Protocol::Grpc {
        return Ok(base);
    }
    let folder = base.path().trim_end_matches('/');
    let query = base.query().map(|query| format!("?{query}")).unwrap_or_default();
    let below: Result<PathAndQuery, _> = format!("{folder}/{PATH}{query}").parse();
    let mut parts = base.into_parts();
    parts.path_and_query = below.ok();
    Uri::from_parts(parts).map_err(|error| InvalidExporter::new(error.to_string()))
}
