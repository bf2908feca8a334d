use tracing_invocation::operation;

#[operation(error)]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
