//! A small program with something of everything.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tracing::info_span;
use tracing_invocation::testing::Log;
use tracing_invocation::{StreamExt as _, Verdict, begin, json, operation};

use super::Chain;

#[operation(entity_id = order, args(cents, currency), result)]
fn charge(order: u32, cents: u32, currency: &str) -> Result<u32, Chain> {
    match cents {
        0..10_000 => Ok(cents - cents / 50),
        _ => {
            let texts = ["the bank does not answer", "connection refused"];
            Err(*Chain::of(&texts.map(str::to_owned)).unwrap())
        }
    }
}

#[operation(fields(shelf = "B 12"))]
async fn pick(log: &Log) {
    log.advance(Duration::from_secs(250));
}

#[operation(fields(carrier))]
async fn hand_over(carrier: &str) {
    tokio::time::sleep(Duration::from_secs(3_600)).await;
}

#[operation(entity_id = order)]
async fn deliver(order: u32, log: &Log) {
    pick(log).await;
    hand_over("Swiss Post").await;
}

#[operation(entity_id = order)]
async fn place(order: u32, cents: u32, log: &Log) -> Result<(), Chain> {
    charge(order, cents, "CHF")?;
    deliver(order, log).await;
    Ok(())
}

/// One order that cannot be paid, one that is not delivered in time, rows that are read, and work that goes on.
pub(super) async fn open(log: &Log) {
    place(1, 250_000, log).await.unwrap_err();
    let patience = Duration::from_secs(1);
    tokio::time::timeout(patience, place(2, 2_500, log)).await.unwrap_err();
    rows().await;
    begin(info_span!("count", shelves = json(&["A 1", "B 12"]), error = "none"))
        .end(Verdict::failed_as("panic", "index out of bounds:\nthe len is 2"));
    info_span!("watch").in_scope(|| {});
}

async fn rows() {
    let mut rows = pin!(Row(3).operation_stream(info_span!("rows")));
    while std::future::poll_fn(|context| next(rows.as_mut(), context)).await.is_some() {}
}

struct Row(u32);

impl Stream for Row {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        self.0 = self.0.saturating_sub(1);
        Poll::Ready(Some(self.0).filter(|rows| *rows > 0))
    }
}

fn next<S: Stream>(rows: Pin<&mut S>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
    rows.poll_next(context)
}
