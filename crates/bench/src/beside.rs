//! What the layer costs those who do not use it: callsites of other crates that nobody wants, one by one and in a request
//! over HTTP/2, whose libraries have thousands of them.
//!
//! Each variant has a twin without the layer. Both have a `fmt` layer with a filter of its own, as programs do.

use std::error::Error;
use std::future::Future;

use h2::client::SendRequest;
use h2::server::SendResponse;
use http::{Request, Response};
use tokio::io::DuplexStream;
use tokio::runtime::{Builder, Runtime};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_invocation::{InvocationLayer, layer};
use tracing_subscriber::Layer;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

use crate::library::{place, with};
use crate::memory::Memory;
use crate::order::Order;
use crate::variant::{Program, Variant};

pub(crate) const VARIANTS: [Variant; 8] = [
    Variant::new("bare_trace", "a disabled `trace!`, without the layer", || {
        beside(None, Program::new(trace))
    }),
    Variant::new("beside_trace", "a disabled `trace!`", || {
        beside(Some(layer()), Program::new(trace))
    })
    .with_limit("bare_trace"),
    Variant::new("bare_debug", "a disabled `debug!`, without the layer", || {
        beside(None, Program::new(debug))
    }),
    Variant::new("beside_debug", "a disabled `debug!`", || {
        beside(Some(layer()), Program::new(debug))
    })
    .with_limit("bare_debug"),
    Variant::new("bare_trace_span", "a disabled `trace_span!`, without the layer", || {
        beside(None, Program::new(trace_span))
    }),
    Variant::new("beside_trace_span", "a disabled `trace_span!`", || {
        beside(Some(layer()), Program::new(trace_span))
    })
    .with_limit("bare_trace_span"),
    Variant::new("bare_http2", "a request over HTTP/2 without the layer", || {
        beside(None, requests()?)
    }),
    Variant::new("beside_http2", "a request over HTTP/2 that is an operation", || {
        beside(Some(layer()), requests()?)
    })
    .with_limit("bare_http2"),
];

fn beside(layer: Option<InvocationLayer>, program: Program) -> Result<Program, Box<dyn Error>> {
    match layer {
        Some(layer) => {
            let layer = layer.with_writer(|| Memory);
            with(tracing_subscriber::registry().with(layer).with(warnings()), program)
        }
        None => with(tracing_subscriber::registry().with(warnings()), program),
    }
}

/// A layer for people, which has a filter of its own.
fn warnings<S>() -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    tracing_subscriber::fmt::layer().with_writer(|| Memory).with_filter(LevelFilter::WARN)
}

fn trace(order: Order) {
    tracing::trace!(item = order.item, order.region, "received");
}

fn debug(order: Order) {
    tracing::debug!(item = order.item, order.region, "received");
}

fn trace_span(order: Order) {
    tracing::trace_span!("receive", item = order.item, order.region).in_scope(|| ());
}

/// A client and a server in this thread, with a connection between them. Each request places an order.
fn requests() -> Result<Program, Box<dyn Error>> {
    let runtime = Builder::new_current_thread().build()?;
    let mut client = None;
    Ok(Program::repeating(move |calls| {
        // Connects once the subscriber is there.
        let client = client.get_or_insert_with(|| connect(&runtime));
        run(&runtime, async {
            for _ in 0..calls {
                request(client).await?;
            }
            Ok(())
        });
    }))
}

fn connect(runtime: &Runtime) -> SendRequest<bytes::Bytes> {
    run(runtime, async {
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(far));
        let (client, connection) = h2::client::handshake(near).await?;
        tokio::spawn(connection);
        Ok(client)
    })
}

#[expect(clippy::panic, reason = "a connection that failed measures nothing")]
fn run<T>(runtime: &Runtime, future: impl Future<Output = Result<T, Failed>>) -> T {
    runtime.block_on(future).unwrap_or_else(|error| panic!("{error}"))
}

type Failed = Box<dyn Error + Send + Sync>;

async fn request(client: &mut SendRequest<bytes::Bytes>) -> Result<(), Failed> {
    let request = Request::post("https://shop/orders").header("accept", "*/*").body(())?;
    let mut ready = client.clone().ready().await?;
    let (response, _) = ready.send_request(request, true)?;
    let mut body = response.await?.into_body();
    while let Some(chunk) = body.data().await {
        let read = chunk?.len();
        body.flow_control().release_capacity(read)?;
    }
    Ok(())
}

async fn serve(stream: DuplexStream) -> Result<(), Failed> {
    let mut connection = h2::server::handshake(stream).await?;
    let mut orders = 0;
    while let Some(accepted) = connection.accept().await {
        let (_, response) = accepted?;
        orders += 1;
        tokio::spawn(answer(response, orders));
    }
    Ok(())
}

async fn answer(mut response: SendResponse<bytes::Bytes>, number: u64) -> Result<(), Failed> {
    let receipt = place(Order::nth(number)).map_err(|declined| declined.to_string())?;
    let mut body = response.send_response(Response::new(()), false)?;
    body.send_data(receipt.to_string().into(), true)?;
    Ok(())
}
