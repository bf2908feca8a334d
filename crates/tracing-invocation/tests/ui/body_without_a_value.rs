use tracing_invocation::operation;

#[operation]
fn charge(cents: u32) -> u32 {
    cents + 1;
}

fn main() {}
