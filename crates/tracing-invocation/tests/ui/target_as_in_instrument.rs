use tracing_invocation::operation;

#[operation(target = "shop")]
fn charge() {}

fn main() {}
