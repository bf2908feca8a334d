use tracing_invocation::operation;

#[operation(when)]
fn charge() {}

fn main() {}
