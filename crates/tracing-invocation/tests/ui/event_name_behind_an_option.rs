use tracing_invocation::operation;

#[operation(result, "charge")]
fn charge() {}

fn main() {}
