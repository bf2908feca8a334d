use tracing_invocation::operation;

#[operation(errors)]
fn charge() {}

fn main() {}
