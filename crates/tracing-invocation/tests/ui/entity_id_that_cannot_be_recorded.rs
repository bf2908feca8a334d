use tracing_invocation::operation;

#[operation(entity_id = card)]
fn charge(card: Card) {}

struct Card;

fn main() {}
