use tracing_invocation::operation;

#[operation(name = "charge")]
fn charge() {}

fn main() {}
