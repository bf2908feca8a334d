use tracing_invocation::operation;

#[operation(parent = None)]
fn charge() {}

fn main() {}
