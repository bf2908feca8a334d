use tracing_invocation::operation;

impl Shop {
    #[operation(fields(self.state), live(self.state))]
    fn charge(&self) {}
}

struct Shop {
    state: u32,
}

fn main() {}
