use tracing_invocation::operation;

#[operation]
struct Charge;

fn main() {}
