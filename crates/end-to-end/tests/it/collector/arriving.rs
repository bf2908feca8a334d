//! What a collector gets is what was recorded.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_invocation::layer;
use tracing_invocation::sink::JsonLines;

use super::receiver::{Port, Receiver, Wire};
use super::{LONG, account, bounded, end_in_every_way, exporter, quiet, recorded, store};

/// Lines in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn records(&self) -> Vec<Value> {
        let lines = self.0.lock().unwrap();
        serde_json::Deserializer::from_slice(&lines).into_iter().map(Result::unwrap).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Records everything, as loudly as it goes, and compares what arrived with the lines beside it.
fn arrives(wire: Wire, gzip: bool) {
    let port = Port::new();
    let receiver = Receiver::start(wire, &port, &[]);
    let lines = Lines::default();
    let writer = lines.clone();
    let exporter = exporter(wire, &port)
        .with_gzip(gzip)
        .with_header("x-tenant", "blue")
        .with_resource_attribute("host.name", "here");
    let layer = layer()
        .with_sink(quiet(exporter))
        .and_sink(JsonLines::new(move || writer.clone()))
        .with_directives("trace")
        .unwrap();
    let delivery = layer.delivery();
    recorded(layer, |_| {
        end_in_every_way();
        store(&"long ".repeat(30_000));
    });
    delivery.flush(LONG).unwrap();
    let expected = lines.records();
    assert_eq!(account(&delivery).written, expected.len() as u64);

    let requests = receiver.stop();
    let arrived: Vec<_> = requests.iter().flat_map(super::receiver::Request::records).collect();
    assert_eq!(arrived, expected);
    // Of each outcome there is one, and nothing but the program was recorded.
    let outcomes: Vec<_> = arrived.iter().map(|record| &record["event_outcome"]).collect();
    for outcome in ["invoke", "success", "failed", "cancelled", "unknown"] {
        assert!(outcomes.contains(&&json!(outcome)), "{outcome} in {outcomes:?}");
    }
    assert!(
        arrived.iter().all(|record| record["event_namespace"] == "it::collector"),
        "{arrived:?}"
    );
    assert!(arrived.iter().any(|record| record["payload_truncated"] == true));

    for request in &requests {
        assert_eq!(
            Value::from(request.resource()),
            json!({"host.name": "here", "service.name": "end-to-end"})
        );
        assert_eq!(request.scope()["name"], "tracing_invocation");
        assert_eq!(request.header("x-tenant"), Some("blue"));
        let agent = request.header("user-agent").unwrap();
        assert!(agent.starts_with("tracing-invocation-otlp/"), "{agent}");
        if wire == Wire::Http {
            assert_eq!(request.header(":path"), Some("/v1/logs"));
            assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
            assert_eq!(request.header("content-encoding"), gzip.then_some("gzip"));
            let (size, encoded) = request.sizes();
            assert_eq!(encoded.unwrap() < size, gzip);
        }
    }
    let log = requests.iter().flat_map(|request| request.logs());
    let failed = log.filter(|log| log["severityText"] == "ERROR").collect::<Vec<_>>();
    assert_eq!(failed[0]["severityNumber"], "SEVERITY_NUMBER_ERROR");
    assert_eq!(failed[0]["body"]["stringValue"], "charge failed: invalid digit found in string");
}

#[test]
fn every_record_arrives_as_it_was_over_http() {
    bounded(|| arrives(Wire::Http, false));
}

#[test]
fn every_record_arrives_as_it_was_over_http_compressed() {
    bounded(|| arrives(Wire::Http, true));
}

#[test]
fn every_record_arrives_as_it_was_over_grpc() {
    bounded(|| arrives(Wire::Grpc, false));
}

#[test]
fn every_record_arrives_as_it_was_over_grpc_compressed() {
    bounded(|| arrives(Wire::Grpc, true));
}
