use tracing_invocation::operation;

#[operation(fields(order) result)]
fn charge(order: u32) {}

fn main() {}
