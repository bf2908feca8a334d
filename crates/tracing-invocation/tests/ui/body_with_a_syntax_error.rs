use tracing_invocation::operation;

#[operation]
fn charge() -> u32 {
    let = 1;
}

fn main() {}
