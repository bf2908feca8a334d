use tracing_invocation::operation;

#[operation(levels(success = INFO))]
fn charge() {}

fn main() {}
