use tracing_invocation::operation;

#[operation(levels(success = "notice"))]
fn charge() {}

fn main() {}
