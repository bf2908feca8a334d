use tracing_invocation::operation;

#[operation(error(?))]
fn charge() -> Result<(), Declined> {
    Err(Declined)
}

struct Declined;

fn main() {}
