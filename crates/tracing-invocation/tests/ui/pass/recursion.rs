#![deny(warnings)]

use std::future::Future;
use std::pin::Pin;

use tracing_invocation::operation;

#[operation(result)]
fn sum(n: u32) -> u32 {
    if n == 0 { 0 } else { n + sum(n - 1) }
}

#[operation(result)]
async fn sum_later(n: u32) -> u32 {
    if n == 0 { 0 } else { n + Box::pin(sum_later(n - 1)).await }
}

#[operation(result)]
fn sum_boxed(n: u32) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send>> {
    Box::pin(async move { Ok(if n == 0 { 0 } else { n + sum_boxed(n - 1).await? }) })
}

fn main() {
    sum(3);
    drop(sum_later(3));
    drop(sum_boxed(3));
}
