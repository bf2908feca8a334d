use tracing_invocation::operation;

#[operation(levels = "info")]
fn charge() {}

fn main() {}
