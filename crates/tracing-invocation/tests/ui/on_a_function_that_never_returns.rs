use tracing_invocation::operation;

#[operation]
fn charge() -> ! {
    loop {}
}

fn main() {}
