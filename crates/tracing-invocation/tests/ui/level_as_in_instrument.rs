use tracing_invocation::operation;

#[operation(level = "debug")]
fn charge() {}

fn main() {}
