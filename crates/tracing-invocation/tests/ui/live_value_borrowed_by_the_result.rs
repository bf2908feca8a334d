use tracing_invocation::operation;

#[operation(live(left = cart.len()))]
fn first(cart: &mut Vec<u32>) -> Option<&mut u32> {
    cart.first_mut()
}

fn main() {}
