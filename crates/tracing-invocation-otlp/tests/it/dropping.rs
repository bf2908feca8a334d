//! Exporters where nothing listens: made, used and dropped, wherever that is.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use tracing::{Dispatch, info_span};
use tracing_invocation::sink::{OnFailure, Output};
use tracing_invocation::{Delivery, layer};
use tracing_invocation_otlp::{Exporter, Protocol, Retry};
use tracing_subscriber::prelude::*;

use super::silence::{LONG, Silence};

/// An output to a port that is closed.
fn output(protocol: Protocol) -> Output {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    output_to(port, protocol)
}

fn output_to(address: SocketAddr, protocol: Protocol) -> Output {
    let exporter = Exporter::new().with_protocol(protocol).with_retry(Retry::never());
    let exporter = exporter.with_endpoint(format!("http://{address}"));
    let exporter = exporter.with_batch(512, Duration::from_millis(1)).with_timeout(LONG);
    exporter.build().unwrap().on_failure(OnFailure::ignore())
}

/// Records one operation, and drops the layer.
fn record_one(protocol: Protocol) -> Delivery {
    let layer = layer().with_sink(output(protocol));
    let delivery = layer.delivery();
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(layer));
    tracing::dispatcher::with_default(&subscriber, || info_span!("one").in_scope(|| {}));
    delivery.flush(Duration::from_secs(30)).unwrap();
    delivery
}

#[test]
fn what_nobody_takes_is_lost_and_counted() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let delivery = record_one(protocol);
        let output = &delivery.counters().outputs[0];
        assert_eq!((output.written, output.dropped.write_failed), (0, 2));
        assert!(output.name.starts_with("collector http://127.0.0.1:"), "{}", output.name);
    }
}

#[tokio::test]
async fn a_runtime_of_the_program_is_not_disturbed() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        drop(record_one(protocol));
        drop(output(protocol));
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[test]
fn a_program_that_asks_for_nothing_waits_for_nothing() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let silence = Silence::new(1);
        let layer = layer().with_sink(output_to(silence.address, protocol));
        let subscriber = Dispatch::new(tracing_subscriber::registry().with(layer));
        tracing::dispatcher::with_default(&subscriber, || info_span!("one").in_scope(|| {}));
        // From here on the exporter waits for an answer.
        let _connection = silence.next();
        let begun = Instant::now();
        drop(subscriber);
        assert!(begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
    }
}
