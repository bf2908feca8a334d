use tracing_invocation::operation;

#[operation(result(maximum: id))]
fn charge() -> Receipt {
    Receipt { id: 1 }
}

struct Receipt {
    id: u32,
}

fn main() {}
