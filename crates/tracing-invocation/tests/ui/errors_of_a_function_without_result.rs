use tracing_invocation::{ErrorClass, operation};

#[operation(errors = classify)]
fn charge() -> u32 {
    1
}

fn classify(_: &String) -> ErrorClass {
    ErrorClass::Full
}

fn main() {}
