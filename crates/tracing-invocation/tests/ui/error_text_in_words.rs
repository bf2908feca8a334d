use tracing_invocation::operation;

#[operation(error(Debug))]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
