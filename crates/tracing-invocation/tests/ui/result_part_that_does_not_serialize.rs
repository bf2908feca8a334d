use tracing_invocation::operation;

#[operation(result(id, receipt))]
fn charge() -> Charged {
    Charged { id: 1, receipt: Receipt }
}

struct Charged {
    id: u32,
    receipt: Receipt,
}

struct Receipt;

fn main() {}
