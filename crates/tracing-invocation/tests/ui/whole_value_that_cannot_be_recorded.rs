use tracing_invocation::operation;

#[operation(fields(whole: card))]
fn charge(card: Card) {}

struct Card;

fn main() {}
