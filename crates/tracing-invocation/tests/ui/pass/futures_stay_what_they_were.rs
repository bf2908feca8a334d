#![deny(warnings)]

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;

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
async fn phantom<T>(_: PhantomData<T>) -> PhantomData<T> {
    PhantomData
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    drop(is_send(sends(1)));
    drop(stays(Rc::new(1)));
    drop(is_send(by_hand(1)));
    drop(is_send(borrowed("a")));
    drop(local("a"));
    drop(phantom(PhantomData::<Rc<u32>>));
}
