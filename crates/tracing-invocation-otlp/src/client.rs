//! What speaks to a collector: one request, one answer.

mod answer;
mod grpc;
mod http;

pub(crate) use answer::{Again, Refusal, Taken};

use std::io;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;

use crate::settings::{Protocol, Settings};

#[cfg(feature = "tls")]
pub(crate) type Connector =
    hyper_rustls::HttpsConnector<hyper_util::client::legacy::connect::HttpConnector>;
#[cfg(not(feature = "tls"))]
pub(crate) type Connector = hyper_util::client::legacy::connect::HttpConnector;

/// A client of one collector. It keeps its connection.
pub(crate) enum Client {
    Http(Box<http::Client>),
    Grpc(Box<grpc::Client>),
}

/// A request in the form in which it is sent, as often as it has to be.
pub(crate) enum Prepared {
    Http(http::Body),
    Grpc(ExportLogsServiceRequest),
}

impl Client {
    /// A client that connects when it is first used. It belongs to the runtime in which it is made.
    pub(crate) fn new(settings: &Settings, connector: Connector) -> Self {
        match settings.protocol {
            Protocol::HttpProtobuf => Self::Http(Box::new(http::Client::new(settings, connector))),
            Protocol::Grpc => Self::Grpc(Box::new(grpc::Client::new(settings, connector))),
        }
    }

    /// Makes a request ready to be sent.
    pub(crate) fn prepare(&self, request: ExportLogsServiceRequest) -> io::Result<Prepared> {
        Ok(match self {
            Self::Http(client) => Prepared::Http(client.encode(&request)?),
            Self::Grpc(_) => Prepared::Grpc(request),
        })
    }

    /// Sends a request once.
    pub(crate) async fn send(&self, request: &Prepared) -> Result<Taken, Refusal> {
        match (self, request) {
            (Self::Http(client), Prepared::Http(body)) => client.send(body.clone()).await,
            (Self::Grpc(client), Prepared::Grpc(request)) => client.send(request.clone()).await,
            _ => Err(Refusal::new("prepared for another protocol", Again::Never)),
        }
    }
}

/// What makes connections: for one client after the other, since it may have read the system's certificates.
#[cfg(feature = "tls")]
pub(crate) fn connector(settings: &Settings) -> io::Result<Connector> {
    crate::tls::connector(settings)
}

/// What makes connections.
#[cfg(not(feature = "tls"))]
pub(crate) fn connector(_: &Settings) -> io::Result<Connector> {
    let mut connector = Connector::new();
    connector.set_nodelay(true);
    Ok(connector)
}
