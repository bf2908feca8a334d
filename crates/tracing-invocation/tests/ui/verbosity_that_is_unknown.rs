use tracing_invocation::operation;

#[operation(fields(verbose: order))]
fn charge(order: u32) {}

fn main() {}
