//! What is recorded is changed while the program runs, and a failure is never hidden.

use tracing_invocation::{PatternPolicy, operation};
use tracing_subscriber::prelude::*;

#[operation(entity_id = order)]
fn charge(order: u32, cents: u32) -> Result<u32, String> {
    match cents {
        0..10_000 => Ok(cents),
        _ => Err("the card was declined".into()),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layer = tracing_invocation::layer();
    let handle = layer.handle();
    tracing_subscriber::registry().with(layer).init();

    // Recorded: `invoke` and `success`.
    charge(1, 2_500)?;

    let quiet: PatternPolicy = serde_json::from_str(
        r#"{"rules": [{"action": "deny", "event_namespaces": ["policy"], "event_names": ["charge"]}]}"#,
    )?;
    handle.update(|settings| settings.with_policy(quiet.clone()));

    // Refused, and silent on success.
    charge(2, 2_500)?;

    // Refused, and yet its failure is recorded, without an `invoke`.
    assert!(charge(3, 250_000).is_err());

    handle.update(|settings| settings.without_policy());
    charge(4, 2_500)?;
    Ok(())
}
