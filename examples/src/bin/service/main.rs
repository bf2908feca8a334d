//! A greengrocer's web service, and customers who use it: some are answered, some meet an error, some wait for longer
//! than the service allows, and some hang up.

mod customers;
mod shop;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

use customers::Seen;
use shop::Shop;

/// How long the whole run may take.
const RUN_DEADLINE: Duration = Duration::from_secs(60);

type AnyError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    tracing_invocation::init();
    let seen = timeout(RUN_DEADLINE, open_for_a_day()).await??;
    eprintln!("{seen}");
    Ok(())
}

async fn open_for_a_day() -> Result<Seen, AnyError> {
    let shop = Arc::new(Shop::default());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let (close, closed) = oneshot::channel::<()>();
    let server = axum::serve(listener, shop::routes(shop.clone()))
        .with_graceful_shutdown(async { closed.await.unwrap_or_default() });
    let server = tokio::spawn(server.into_future());

    let seen = customers::come(address, &shop).await;
    drop(close);
    server.await??;
    seen
}
