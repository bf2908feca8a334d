use tracing_invocation::operation;

#[operation(live(left = cart.len()))]
fn charge(cart: Vec<u32>) {
    drop(cart);
}

fn main() {}
