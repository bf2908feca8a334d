use tracing_invocation::{ErrorClass, operation};

#[operation(errors = classify)]
fn charge() -> Result<(), String> {
    Ok(())
}

fn classify(_: &u32) -> ErrorClass {
    ErrorClass::Full
}

fn main() {}
