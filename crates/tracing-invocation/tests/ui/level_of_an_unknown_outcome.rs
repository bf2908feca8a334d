use tracing_invocation::operation;

#[operation(levels(error = "warn"))]
fn charge() {}

fn main() {}
