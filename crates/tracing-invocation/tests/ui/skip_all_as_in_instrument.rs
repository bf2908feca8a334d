use tracing_invocation::operation;

#[operation(skip_all)]
fn charge(card: String) {}

fn main() {}
