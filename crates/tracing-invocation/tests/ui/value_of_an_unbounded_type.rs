use tracing_invocation::operation;

#[operation(args(card))]
fn charge<T>(card: T) {}

fn main() {}
