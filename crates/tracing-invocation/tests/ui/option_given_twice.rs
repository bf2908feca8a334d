use tracing_invocation::operation;

#[operation(fields(order), fields(cents))]
fn charge(order: u32, cents: u32) {}

fn main() {}
