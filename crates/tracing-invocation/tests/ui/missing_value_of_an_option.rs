use tracing_invocation::operation;

#[operation(entity_id)]
fn charge(order: u32) {}

fn main() {}
