use tracing_invocation::operation;

#[operation(fields = order)]
fn charge(order: u32) {}

fn main() {}
