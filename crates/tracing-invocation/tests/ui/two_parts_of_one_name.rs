use tracing_invocation::operation;

#[operation(result(payer.id, payee.id))]
fn charge() -> Receipt {
    Receipt { payer: Person { id: 1 }, payee: Person { id: 2 } }
}

struct Receipt {
    payer: Person,
    payee: Person,
}

struct Person {
    id: u32,
}

fn main() {}
