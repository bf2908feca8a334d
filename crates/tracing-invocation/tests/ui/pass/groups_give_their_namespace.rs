#![deny(warnings)]

use tracing_invocation::operation;

struct Cache<T>(T);

/// A cache.
#[operation(namespace = "shop.cache")]
impl<T: Clone> Cache<T> {
    const SIZE: usize = 1;

    #[operation]
    fn get(&self) -> T {
        self.0.clone()
    }

    #[tracing_invocation::operation("put", fields(size = Self::SIZE),)]
    fn put(&mut self, value: T) {
        self.0 = value;
    }

    fn plain(&self) -> usize {
        Self::SIZE
    }
}

#[operation(namespace = "shop.orders")]
mod orders {
    use tracing_invocation::operation;

    #[operation]
    pub(crate) fn place() {}

    pub(crate) mod inner {
        use tracing_invocation::operation;

        #[operation(namespace = "shop.inner")]
        pub(crate) async fn later() {}
    }
}

fn main() {
    let mut cache = Cache(1);
    cache.put(2);
    cache.get();
    cache.plain();
    orders::place();
    drop(orders::inner::later());
}
