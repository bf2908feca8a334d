#![deny(warnings)]

use std::future::Future;

use tracing_invocation::operation;

trait Greet {
    fn name(&self) -> String;

    #[operation(fields(name = self.name()))]
    fn greet(&self) -> String {
        self.name()
    }

    #[operation(result)]
    fn greet_later(&self) -> impl Future<Output = Result<String, String>> + Send
    where
        Self: Sync,
    {
        let name = self.name();
        async move { Ok(name) }
    }

    #[operation]
    fn consumed(self) -> Self
    where
        Self: Sized,
    {
        self
    }
}

struct Ann;

impl Greet for Ann {
    #[operation]
    fn name(&self) -> String {
        "ann".to_owned()
    }
}

fn main() {
    Ann.greet();
    drop(Ann.greet_later());
    Ann.consumed();
}
