use tracing_invocation::operation;

#[operation(live(left = cart.len()))]
fn charge(cart: Vec<u32>) -> impl Future<Output = ()> {
    async move { drop(cart) }
}

fn main() {}
