#![deny(warnings)]

use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};

use tracing_invocation::operation;

#[operation(fields(name = id), live(id))]
async fn sends(id: u32) -> Result<u32, String> {
    std::future::ready(()).await;
    Ok(id)
}

#[operation]
async fn stays(value: Rc<u32>) -> u32 {
    std::future::ready(()).await;
    *value
}

#[operation(result)]
fn by_hand(id: u32) -> impl Future<Output = u32> + Send + 'static {
    async move { id }
}

#[operation]
fn borrowed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { text.len() })
}

#[operation]
fn local<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + 'a>> {
    let rc = Rc::new(text.len());
    Box::pin(async move { *rc })
}

#[operation]
async fn sends_what_is_not_sync(cell: Cell<u32>, receiver: Receiver<u32>) -> u32 {
    cell.set(receiver.try_recv().unwrap_or(1));
    std::future::ready(()).await;
    cell.get() + receiver.try_recv().unwrap_or(2)
}

#[operation]
async fn counts(mut count: u32) -> u32 {
    count += 1;
    std::future::ready(()).await;
    count
}

#[operation]
fn counts_now(mut count: u32) -> u32 {
    count += 1;
    count
}

#[operation]
async fn phantom<T>(_: PhantomData<T>) -> PhantomData<T> {
    PhantomData
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    drop(is_send(sends(1)));
    drop(stays(Rc::new(1)));
    drop(is_send(sends_what_is_not_sync(Cell::new(1), channel().1)));
    drop(is_send(counts(1)));
    counts_now(1);
    drop(is_send(by_hand(1)));
    drop(is_send(borrowed("a")));
    drop(local("a"));
    drop(phantom(PhantomData::<Rc<u32>>));
}
