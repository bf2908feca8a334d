//! A program whose records go where the environment says, and that ends right after its last one: `collected SECONDS`,
//! that many at the latest.

use std::process::ExitCode;
use std::time::Duration;

use tracing_invocation_otlp::Exporter;
use tracing_subscriber::prelude::*;

fn main() -> ExitCode {
    let collector = match Exporter::new().build() {
        Ok(collector) => collector,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let Some(Ok(seconds)) = std::env::args().nth(1).map(|seconds| seconds.parse()) else {
        eprintln!("collected SECONDS");
        return ExitCode::FAILURE;
    };
    // Whatever it was that the client opens, it would show here.
    let layer = tracing_invocation::layer().with_sink(collector);
    let Ok(layer) = layer.with_directives("trace") else {
        return ExitCode::FAILURE;
    };
    let _guard = layer.guard().with_deadline(Duration::from_secs(seconds));
    tracing_subscriber::registry().with(layer).init();
    for number in 0..1_000 {
        tracing::info_span!("counted", number, invocation.name = "count").in_scope(|| {});
    }
    std::mem::forget(tracing::info_span!("left open").entered());
    ExitCode::SUCCESS
}
