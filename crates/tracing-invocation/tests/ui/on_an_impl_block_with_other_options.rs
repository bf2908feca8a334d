use tracing_invocation::operation;

struct Shop;

#[operation(namespace = "shop", result)]
impl Shop {
    fn charge(&self) {}
}

fn main() {}
