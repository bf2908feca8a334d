use tracing_invocation::operation;

#[operation(result(%))]
fn charge() -> Receipt {
    Receipt
}

struct Receipt;

fn main() {}
