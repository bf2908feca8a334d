use tracing_invocation::operation;

#[operation]
static CHARGE: u32 = 1;

fn main() {}
