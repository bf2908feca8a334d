use tracing_invocation::operation;

#[operation(result = id)]
fn charge() -> u32 {
    1
}

fn main() {}
