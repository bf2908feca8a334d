use tracing_invocation::operation;

#[operation(fields(order: u32))]
fn charge(order: u32) {}

fn main() {}
