use tracing_invocation::operation;

#[operation(result)]
fn charge() -> Result<Receipt, String> {
    Ok(Receipt)
}

struct Receipt;

fn main() {}
