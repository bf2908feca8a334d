use tracing_invocation::operation;

#[operation(errors = classify)]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
