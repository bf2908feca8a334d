use tracing_invocation::operation;

#[operation("charge" result)]
fn charge() {}

fn main() {}
