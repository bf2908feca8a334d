use tracing_invocation::operation;

#[operation("shop.charge", field(order))]
fn charge(order: u32) {}

fn main() {}
