use tracing_invocation::operation;

#[operation(result(next = , id))]
fn charge() -> u32 {
    1
}

fn main() {}
