use tracing_invocation::operation;

#[operation(ret)]
fn charge() {}

fn main() {}
