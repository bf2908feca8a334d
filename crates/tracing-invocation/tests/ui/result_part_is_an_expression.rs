use tracing_invocation::operation;

#[operation(result(next = 1 + 2))]
fn charge() -> u32 {
    1
}

fn main() {}
