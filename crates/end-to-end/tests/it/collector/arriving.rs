//! What a collector gets is what was recorded.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_invocation::layer;
use tracing_invocation::sink::JsonLines;
use tracing_invocation_otlp::Retry;

use super::receiver::{Port, Receiver, Request, Wire};
use super::{LONG, account, bounded, end_in_every_way, exporter, quiet, recorded, store, succeed};

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
    let arrived: Vec<_> = requests.iter().flat_map(Request::records).collect();
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
    let body = failed[0]["body"]["stringValue"].as_str().unwrap();
    assert!(body.starts_with("it::collector charge failed after "), "{body}");
    assert!(body.ends_with(": invalid digit found in string"), "{body}");
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

/// An authority of this test, and a certificate of this machine that it gave, with its key: in PEM.
fn certificates() -> (String, String, String) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let machine = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let machine = machine.signed_by(&key, &authority).unwrap();
    (authority.pem(), machine.pem(), key.serialize_pem())
}

#[test]
fn records_arrive_behind_tls_where_the_collector_is_who_it_says() {
    bounded(|| {
        let folder = tempfile::tempdir().unwrap();
        let (authority, certificate, key) = certificates();
        let paths = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        std::fs::write(&paths.0, certificate).unwrap();
        std::fs::write(&paths.1, key).unwrap();
        for wire in Wire::ALL {
            for (authority, is_known) in [(&authority, true), (&certificates().0, false)] {
                let port = Port::new();
                let tls = Some((&*paths.0, &*paths.1));
                let receiver = Receiver::start_with(wire, &port, &[], tls);
                let exporter = exporter(wire, &port)
                    .with_endpoint(format!("https://localhost:{}", port.number()))
                    .with_root_certificates(authority.clone())
                    .with_retry(Retry::never());
                let layer = layer().with_sink(quiet(exporter));
                let delivery = layer.delivery();
                recorded(layer, |_| succeed());
                delivery.flush(LONG).unwrap();
                let output = account(&delivery);
                let (arrived, lost) = if is_known { (2, 0) } else { (0, 2) };
                assert_eq!((output.written, output.dropped.write_failed), (arrived, lost));
                let requests = receiver.stop();
                assert_eq!(requests.iter().flat_map(Request::records).count() as u64, arrived);
            }
        }
    });
}
