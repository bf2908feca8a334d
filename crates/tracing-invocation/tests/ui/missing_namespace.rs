use tracing_invocation::operation;

#[operation(namespace)]
fn charge() {}

fn main() {}
