use tracing_invocation::operation;

#[operation(result())]
fn charge() -> u32 {
    1
}

fn main() {}
