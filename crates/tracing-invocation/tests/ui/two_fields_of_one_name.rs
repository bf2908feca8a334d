use tracing_invocation::operation;

#[operation(fields(payer.id, payee.id))]
fn charge(payer: Person, payee: Person) {}

struct Person {
    id: u32,
}

fn main() {}
