use tracing_invocation::operation;

#[operation("shop")]
mod shop {}

fn main() {}
