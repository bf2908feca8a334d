use tracing_invocation::operation;

#[operation(namespace = shop)]
fn charge() {}

fn main() {}
