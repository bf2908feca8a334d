use tracing_invocation::operation;

#[operation]
const fn charge() -> u32 {
    1
}

fn main() {}
