use tracing_invocation::{ErrorClass, operation};

#[operation(errors = |error| match error.kind() {
    _ => ErrorClass::Full,
})]
async fn charge() -> u32 {
    1
}

fn main() {}
