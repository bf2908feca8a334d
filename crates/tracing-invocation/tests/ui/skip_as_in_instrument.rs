use tracing_invocation::operation;

#[operation(skip(card))]
fn charge(card: String) {}

fn main() {}
