use tracing_invocation::operation;

#[operation(entity_id = , result)]
fn charge(order: u32) {}

fn main() {}
