use tracing_invocation::operation;

#[operation(errors = |_| true)]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
