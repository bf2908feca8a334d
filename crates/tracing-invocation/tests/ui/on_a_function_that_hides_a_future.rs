use std::future::Future;
use std::pin::Pin;

use tracing_invocation::operation;

type Answer = Pin<Box<dyn Future<Output = u32> + Send>>;

#[operation]
fn charge() -> Answer {
    Box::pin(async { 1 })
}

fn main() {}
