use tracing_invocation::operation;

#[operation(args(?card))]
fn charge(card: Card) {}

struct Card;

fn main() {}
