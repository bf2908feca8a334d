use tracing_invocation::operation;

#[operation(42)]
fn charge() {}

fn main() {}
