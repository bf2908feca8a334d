use tracing_invocation::operation;

#[operation(fields(crad))]
fn charge(card: u32) {}

fn main() {}
