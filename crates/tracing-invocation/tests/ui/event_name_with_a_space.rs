use tracing_invocation::operation;

#[operation("charge card")]
fn charge() {}

fn main() {}
