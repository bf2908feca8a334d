use tracing_invocation::operation;

#[operation(fields(?last = orders.last()))]
fn charge(orders: Vec<u32>) {}

fn main() {}
