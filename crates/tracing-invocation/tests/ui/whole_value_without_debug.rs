use tracing_invocation::operation;

#[operation(args(whole: ?card))]
fn charge(card: Card) {}

struct Card;

fn main() {}
