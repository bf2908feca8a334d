use tracing_invocation::operation;

#[operation(fields(order cents))]
fn charge(order: u32, cents: u32) {}

fn main() {}
