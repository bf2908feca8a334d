use tracing_invocation::operation;

#[operation("")]
fn charge() {}

fn main() {}
