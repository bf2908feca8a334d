//! Exporters where nothing listens: made, used and dropped, wherever that is.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use tracing::{Dispatch, info_span};
use tracing_invocation::sink::{OnFailure, Output};
use tracing_invocation::{Delivery, layer};
use tracing_invocation_otlp::{Exporter, Protocol, Retry};
use tracing_subscriber::prelude::*;

/// An output to a port that is closed.
fn output(protocol: Protocol) -> Output {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let exporter = Exporter::new().with_protocol(protocol).with_retry(Retry::never());
    let exporter = exporter.with_endpoint(format!("http://{port}"));
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
    let begun = Instant::now();
    for _ in 0..100 {
        drop(layer().with_sink(output(Protocol::Grpc)));
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
