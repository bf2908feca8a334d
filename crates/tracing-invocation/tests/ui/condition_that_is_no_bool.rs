use tracing_invocation::operation;

#[operation(when = card)]
fn charge(card: u32) {}

fn main() {}
