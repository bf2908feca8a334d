#![deny(warnings)]

use std::sync::atomic::{AtomicU32, Ordering};

use tracing_invocation::{ErrorClass, operation};

#[async_trait::async_trait]
trait Store {
    async fn load(&self, key: &str) -> Result<String, std::io::Error>;

    #[operation("store.touch", fields(key))]
    async fn touch(&self, key: &str) -> Result<(), std::io::Error> {
        self.load(key).await?;
        Ok(())
    }

    async fn swap<T: Send>(&mut self, one: T, other: T) -> (T, T);
}

struct Memory {
    id: u32,
    loads: AtomicU32,
}

#[async_trait::async_trait]
#[operation(namespace = "shop.store")]
impl Store for Memory {
    #[operation(
        "store.load",
        fields(key),
        live(loads = self.loads.load(Ordering::Relaxed)),
        entity_id = self.id,
        result,
        errors = |error: &std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Some(ErrorClass::Success),
            _ => None,
        }
    )]
    async fn load(&self, key: &str) -> Result<String, std::io::Error> {
        if key.is_empty() {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        self.loads.fetch_add(1, Ordering::Relaxed);
        std::future::ready(()).await;
        Ok(key.to_owned())
    }

    #[operation]
    async fn swap<T: Send>(&mut self, one: T, other: T) -> (T, T) {
        std::future::ready(()).await;
        (other, one)
    }
}

#[async_trait::async_trait(?Send)]
trait Local {
    #[operation]
    async fn local(&self) -> Option<u32> {
        None
    }
}

impl Local for Memory {}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    let mut memory = Memory { id: 1, loads: AtomicU32::new(0) };
    drop(is_send(memory.load("a")));
    drop(is_send(memory.touch("a")));
    drop(memory.local());
    drop(is_send(memory.swap(1, 2)));
}
