use tracing_invocation::operation;

#[operation(live(left = cart.len()))]
async fn charge(cart: Vec<u32>) {
    drop(cart);
}

fn main() {}
