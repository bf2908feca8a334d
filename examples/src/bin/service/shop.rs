//! The service: every handler is an operation.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::instrument;
use tracing_invocation::operation;

/// How long a customer waits for a price.
const PRICE_DEADLINE: Duration = Duration::from_millis(20);

/// What the handlers share.
#[derive(Default)]
pub(crate) struct Shop {
    /// How many customers wait for a delivery.
    pub(crate) queue: watch::Sender<usize>,
}

pub(crate) fn routes(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/stock/{item}", get(stock))
        .route("/price/{item}", get(price_in_time))
        .route("/delivery/{item}", get(delivery))
        .with_state(shop)
}

async fn price_in_time(item: Path<String>) -> Response {
    match timeout(PRICE_DEADLINE, price(item)).await {
        Ok(answer) => answer.into_response(),
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

/// How many pounds of an item are on the shelf.
#[operation(entity_id = item)]
async fn stock(Path(item): Path<String>) -> Result<String, Fault> {
    match item.as_str() {
        "apples" => Ok("80".into()),
        "pears" => Ok("12".into()),
        _ => Err(Fault::Scale),
    }
}

/// What a pound of an item costs.
#[operation(entity_id = item)]
async fn price(Path(item): Path<String>) -> Result<String, Fault> {
    let cents = ask_supplier(&item).await?;
    Ok(format!("{cents} cents"))
}

/// What the supplier takes for a pound of an item. Nobody has ever heard back about truffles.
///
/// A stock span: `ret` and `err` are its evidence, and the field `invocation.evidence` promises that they are there.
#[instrument(ret, err, skip_all, fields(invocation.entity_id = item, invocation.evidence = "ret, err"))]
async fn ask_supplier(item: &str) -> Result<u32, Fault> {
    match item {
        "apples" => Ok(120),
        "truffles" => pending().await,
        _ => Err(Fault::SoldOut),
    }
}

/// Answers when an item is delivered, which on this day none is.
#[operation(entity_id = item)]
async fn delivery(
    Path(item): Path<String>,
    State(shop): State<Arc<Shop>>,
) -> Result<String, Fault> {
    let _place = shop.line_up();
    pending::<()>().await;
    Ok(format!("{item} have arrived"))
}

/// What goes wrong in the shop.
#[derive(Debug)]
enum Fault {
    Scale,
    SoldOut,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scale => f.write_str("the scale is broken"),
            Self::SoldOut => f.write_str("the supplier has sold out"),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// One customer's place among those who wait.
struct Place<'a>(&'a watch::Sender<usize>);

impl Shop {
    fn line_up(&self) -> Place<'_> {
        self.queue.send_modify(|waiting| *waiting += 1);
        Place(&self.queue)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}
