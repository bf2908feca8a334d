//! A collector that takes connections and never answers, as behind a network that forgot them.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tracing::{Dispatch, info_span};
use tracing_invocation::layer;
use tracing_invocation::sink::OnFailure;
use tracing_invocation_otlp::{Exporter, Protocol, Retry};
use tracing_subscriber::prelude::*;

/// Long enough for anything that happens at all.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// Listens for so many connections, and keeps them until it is dropped.
pub(super) struct Silence {
    pub(super) address: SocketAddr,
    connections: Receiver<TcpStream>,
}

impl Silence {
    pub(super) fn new(connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (to, taken) = channel();
        thread::spawn(move || {
            for connection in listener.incoming().take(connections) {
                if to.send(connection.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { address, connections: taken }
    }

    /// The next connection, which has to come, once there is something on it.
    #[track_caller]
    pub(super) fn next(&self) -> TcpStream {
        let mut connection = self.connections.recv_timeout(LONG).unwrap();
        connection.set_read_timeout(Some(LONG)).unwrap();
        connection.read_exact(&mut [0]).unwrap();
        connection
    }
}

#[test]
fn a_connection_on_which_nothing_is_answered_is_given_up() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let silence = Silence::new(3);
        let pause = Duration::from_millis(1);
        let exporter = Exporter::new()
            .with_protocol(protocol)
            .with_endpoint(format!("http://{}", silence.address))
            .with_batch(512, pause)
            .with_timeout(Duration::from_millis(100))
            .with_retry(Retry::new().with_budget(LONG / 6).with_pauses(pause, pause));
        let layer = layer().with_sink(exporter.build().unwrap().on_failure(OnFailure::ignore()));
        let subscriber = Dispatch::new(tracing_subscriber::registry().with(layer));
        tracing::dispatcher::with_default(&subscriber, || info_span!("one").in_scope(|| {}));
        let connections: Vec<_> = (0..3).map(|_| silence.next()).collect();
        for mut connection in connections {
            // The client closed it, or is about to.
            std::io::copy(&mut connection, &mut std::io::sink()).unwrap();
        }
    }
}
