use tracing_invocation::operation;

#[operation(result(id ttl))]
fn charge() -> Receipt {
    Receipt { id: 1, ttl: 2 }
}

struct Receipt {
    id: u32,
    ttl: u32,
}

fn main() {}
