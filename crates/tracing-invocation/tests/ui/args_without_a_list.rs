use tracing_invocation::operation;

#[operation(args)]
fn charge(order: u32) {}

fn main() {}
