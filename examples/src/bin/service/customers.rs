//! The customers: real requests over real connections.

use std::fmt;
use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::http::{StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::AnyError;
use crate::shop::Shop;

/// What the customers know of their requests.
#[derive(Default)]
pub(crate) struct Seen {
    answered: u32,
    failed: u32,
    timed_out: u32,
    hung_up: u32,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answered, failed, timed_out, hung_up } = self;
        let requests = answered + failed + timed_out + hung_up;
        write!(
            f,
            "{requests} requests: {answered} answered, {failed} failed, {timed_out} timed out, {hung_up} hung up"
        )
    }
}

type HttpClient = Client<HttpConnector, Body>;

/// Ten rounds of thirty requests, each round at once.
pub(crate) async fn come(address: SocketAddr, shop: &Shop) -> Result<Seen, AnyError> {
    const ASKED: [(&str, usize); 6] = [
        ("/stock/apples", 8),
        ("/stock/pears", 6),
        ("/stock/plums", 2),
        ("/price/apples", 6),
        ("/price/plums", 2),
        ("/price/truffles", 3),
    ];
    const WAITING_FOR: [&str; 3] = ["/delivery/cherries"; 3];

    let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    let mut seen = Seen::default();
    for _ in 0..10 {
        let mut asking = JoinSet::new();
        for (path, times) in ASKED {
            for _ in 0..times {
                asking.spawn(ask(client.clone(), address, path));
            }
        }
        seen.hung_up += wait_and_hang_up(address, &WAITING_FOR, shop).await?;
        while let Some(status) = asking.join_next().await {
            match status?? {
                StatusCode::OK => seen.answered += 1,
                StatusCode::INTERNAL_SERVER_ERROR => seen.failed += 1,
                StatusCode::GATEWAY_TIMEOUT => seen.timed_out += 1,
                other => return Err(format!("nobody answers {other} here").into()),
            }
        }
    }
    Ok(seen)
}

async fn ask(client: HttpClient, address: SocketAddr, path: &str) -> Result<StatusCode, AnyError> {
    let uri = Uri::builder()
        .scheme("http")
        .authority(address.to_string())
        .path_and_query(path)
        .build()?;
    let response = client.get(uri).await?;
    let status = response.status();
    to_bytes(Body::new(response.into_body()), 1_000).await?;
    Ok(status)
}

/// Makes requests that are not answered, and closes their connections as soon as the service works on each of them.
/// How many that were.
async fn wait_and_hang_up(
    address: SocketAddr,
    paths: &[&str],
    shop: &Shop,
) -> Result<u32, AnyError> {
    let mut queue = shop.queue.subscribe();
    let mut connections = Vec::new();
    for path in paths {
        let mut connection = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        connection.write_all(request.as_bytes()).await?;
        connections.push(connection);
    }
    queue.wait_for(|&waiting| waiting == paths.len()).await?;
    let hung_up = u32::try_from(connections.len())?;
    drop(connections);
    queue.wait_for(|&waiting| waiting == 0).await?;
    Ok(hung_up)
}
