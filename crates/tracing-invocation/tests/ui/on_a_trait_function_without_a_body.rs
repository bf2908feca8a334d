use tracing_invocation::operation;

trait Charge {
    #[operation]
    fn charge(&self);
}

fn main() {}
