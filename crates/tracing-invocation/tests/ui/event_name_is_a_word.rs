use tracing_invocation::operation;

#[operation(charge)]
fn charge() {}

fn main() {}
