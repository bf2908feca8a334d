use tracing_invocation::operation;

#[operation(fields(%card))]
fn charge(card: Card) {}

struct Card;

fn main() {}
