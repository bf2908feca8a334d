use tracing_invocation::operation;

#[operation(levels(success = "info", success = "warn"))]
fn charge() {}

fn main() {}
