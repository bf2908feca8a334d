use tracing_invocation::operation;

#[operation(namespace = "shop")]
trait Charge {
    fn charge(&self);
}

fn main() {}
