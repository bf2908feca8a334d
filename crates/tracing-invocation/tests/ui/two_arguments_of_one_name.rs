use tracing_invocation::operation;

#[operation(args(order, order))]
fn charge(order: u32) {}

fn main() {}
