use tracing_invocation::operation;

#[operation(result(tags.len()))]
fn charge() -> Receipt {
    Receipt { tags: Vec::new() }
}

struct Receipt {
    tags: Vec<u32>,
}

fn main() {}
