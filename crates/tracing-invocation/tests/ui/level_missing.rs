use tracing_invocation::operation;

#[operation(levels(success))]
fn charge() {}

fn main() {}
