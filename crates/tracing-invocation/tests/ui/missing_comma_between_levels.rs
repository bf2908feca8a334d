use tracing_invocation::operation;

#[operation(levels(success = "info" failed = "warn"))]
fn charge() {}

fn main() {}
