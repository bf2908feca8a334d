use tracing_invocation::operation;

struct Shop;

#[operation]
impl Shop {
    fn charge(&self) {}
}

fn main() {}
