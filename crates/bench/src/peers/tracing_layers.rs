//! Layers of `tracing` that write JSON lines.

use std::error::Error;

use tracing::instrument;
use tracing_bunyan_formatter::{BunyanFormattingLayer, JsonStorageLayer};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use crate::library::with;
use crate::memory::Memory;
use crate::order::{Declined, Order};
use crate::variant::Program;

/// Writes when a span begins and when it ends.
pub(super) fn bunyan() -> Result<Program, Box<dyn Error>> {
    let formatting = BunyanFormattingLayer::new("bench".to_owned(), || Memory);
    with(
        tracing_subscriber::registry().with(JsonStorageLayer).with(formatting),
        Program::new(place),
    )
}

/// Writes events only.
pub(super) fn json_subscriber() -> Result<Program, Box<dyn Error>> {
    let layer = json_subscriber::layer().with_span_list(false).with_writer(|| Memory);
    with(tracing_subscriber::registry().with(layer), Program::new(place_with_events))
}

pub(super) fn fmt() -> Result<Program, Box<dyn Error>> {
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .with_span_list(false)
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_writer(|| Memory);
    with(tracing_subscriber::registry().with(layer), Program::new(place))
}

#[instrument(skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
fn place(order: Order) -> Result<u64, Declined> {
    Ok(order.receipt())
}

#[instrument(name = "place", skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
fn place_with_events(order: Order) -> Result<u64, Declined> {
    tracing::info!("invoke");
    let receipt = order.receipt();
    tracing::info!("success");
    Ok(receipt)
}
