use tracing_invocation::operation;

#[operation("charge", "pay")]
fn charge() {}

fn main() {}
