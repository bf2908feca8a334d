//! OTLP over http/protobuf.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use prost::Message as _;
use tonic_types::Status;

use super::{Again, Connector, Refusal, Taken};
use crate::settings::Settings;

/// A request's body, encoded and perhaps compressed.
pub(crate) type Body = prost::bytes::Bytes;

/// An answer is a few words. What is longer is something else.
const LONGEST_ANSWER: usize = 1024 * 1024;
const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

pub(crate) struct Client {
    http: legacy::Client<Connector, Full<Body>>,
    endpoint: Uri,
    headers: HeaderMap,
    gzip: bool,
}

impl Client {
    pub(super) fn new(settings: &Settings, connector: Connector) -> Self {
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        let mut headers = settings.headers.clone();
        headers.insert(CONTENT_TYPE, PROTOBUF);
        headers.entry(USER_AGENT).or_insert(Settings::USER_AGENT);
        if settings.gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Self { http, endpoint: settings.endpoint.clone(), headers, gzip: settings.gzip }
    }

    pub(super) fn encode(&self, request: &ExportLogsServiceRequest) -> io::Result<Body> {
        let encoded = request.encode_to_vec();
        if !self.gzip {
            return Ok(encoded.into());
        }
        let mut compressed = GzEncoder::new(Vec::new(), Compression::default());
        compressed.write_all(&encoded)?;
        Ok(compressed.finish()?.into())
    }

    pub(super) async fn send(&self, body: Body) -> Result<Taken, Refusal> {
        let mut request = Request::post(self.endpoint.clone())
            .body(Full::new(body))
            .map_err(|error| Refusal::new(error.to_string(), Again::Never))?;
        *request.headers_mut() = self.headers.clone();
        let response = self.http.request(request).await;
        let response = response.map_err(|error| Refusal::unreachable(&error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| Refusal::unreachable(&*error))?.to_bytes();
        read(&Response::from_parts(head, body))
    }
}

fn read(response: &Response<Body>) -> Result<Taken, Refusal> {
    let status = response.status();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    if status.is_success() {
        // What answers every request with a page takes no records.
        if header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html")) {
            let why = "a page was answered, and no collector has pages: correct the endpoint";
            return Err(Refusal::new(why, Again::Never));
        }
        // Some answer with words of their own, or none.
        let answer = ExportLogsServiceResponse::decode(response.body().clone());
        return Ok(answer.map(Taken::from).unwrap_or_default());
    }
    let again = match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            header(RETRY_AFTER).and_then(seconds_or_date).map_or(Again::Later, Again::After)
        }
        _ => Again::Never,
    };
    let mut why = format!("answered {status}");
    if let Some(place) = header(LOCATION) {
        why = format!("{why}: the endpoint is {place}");
    }
    let details = Status::decode(response.body().clone()).unwrap_or_default().message;
    if !details.is_empty() {
        why = format!("{why}: {details}");
    }
    Err(Refusal::new(why, again))
}

/// What `Retry-After` says: seconds, or a time.
fn seconds_or_date(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = httpdate::parse_http_date(text).ok()?;
    Some(time.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Result<Taken, Refusal> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        read(&response.body(Body::copy_from_slice(body)).unwrap())
    }

    #[test]
    fn only_what_otlp_calls_temporary_is_tried_again() {
        for status in 300..=599 {
            let expected = match status {
                429 | 502 | 503 | 504 => Again::Later,
                _ => Again::Never,
            };
            assert_eq!(answered(status, &[], b"").unwrap_err().again, expected, "{status}");
        }
    }

    #[test]
    fn a_collector_says_when_to_come_back_in_seconds_or_as_a_time() {
        let after = |text: &str| answered(503, &[("retry-after", text)], b"").unwrap_err().again;
        assert_eq!(after("7"), Again::After(Duration::from_secs(7)));
        assert_eq!(after("Thu, 01 Jan 1970 00:00:00 GMT"), Again::After(Duration::ZERO));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3_600));
        let Again::After(wait) = after(&later) else { panic!("{later}") };
        assert!((3_590..=3_600).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(after("soon"), Again::Later);
        assert_eq!(answered(400, &[("retry-after", "7")], b"").unwrap_err().again, Again::Never);
    }

    #[test]
    fn refusals_say_what_the_collector_says() {
        let status = Status { code: 3, message: "no tenant".to_owned(), details: Vec::new() };
        let refusal = answered(400, &[], &status.encode_to_vec()).unwrap_err();
        assert_eq!(refusal.why, "answered 400 Bad Request: no tenant");
        let refusal = answered(308, &[("location", "https://b/v1/logs")], b"").unwrap_err();
        assert_eq!(
            refusal.why,
            "answered 308 Permanent Redirect: the endpoint is https://b/v1/logs"
        );
        assert_eq!(answered(502, &[], b"\xff\xff").unwrap_err().why, "answered 502 Bad Gateway");
    }

    #[test]
    fn a_page_is_not_taken_for_a_collector_and_silence_is_consent() {
        let page = answered(200, &[("content-type", "text/html; charset=utf-8")], b"<html>");
        assert!(page.unwrap_err().why.contains("correct the endpoint"));
        for body in [b"".as_slice(), b"{}", b"ok"] {
            assert_eq!(answered(200, &[], body).unwrap().rejected, 0);
        }
        assert_eq!(answered(204, &[], b"").unwrap().rejected, 0);
    }
}
