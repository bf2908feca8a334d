use tracing_invocation::operation;

#[operation(fields(order + 1))]
fn charge(order: u32) {}

fn main() {}
