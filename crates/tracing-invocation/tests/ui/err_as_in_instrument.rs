use tracing_invocation::operation;

#[operation(err(Debug))]
fn charge() {}

fn main() {}
