use tracing_invocation::operation;

#[operation(result(?last = last()))]
fn charge() -> Vec<u32> {
    Vec::new()
}

fn main() {}
