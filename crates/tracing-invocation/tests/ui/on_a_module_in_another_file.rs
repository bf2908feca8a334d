use tracing_invocation::operation;

#[operation(namespace = "shop")]
mod shop;

fn main() {}
