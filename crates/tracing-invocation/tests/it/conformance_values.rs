//! Cases of the original, rebuilt: what operations say of their context, arguments, results and errors.
//!
//! A module is a group of cases, a test is a case under its own name. Where a record differs from the original's,
//! the test says how; `docs/CONFORMANCE.md` has the list.

use serde_json::Value;
use tracing_invocation::InvocationLayer;
use tracing_invocation::testing::Log;
use tracing_subscriber::prelude::*;

use crate::support::check_lines;

/// Errors that consist of a text.
macro_rules! text_errors {
    ($($name:ident)*) => {
        $(
            #[derive(Debug)]
            struct $name(&'static str);

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(self.0)
                }
            }

            impl std::error::Error for $name {}
        )*
    };
}

mod closures;
mod context_fields;
mod context_formatter;
mod context_resolution;
mod error_payloads;
mod error_policy;
mod field_specs;
mod normalization;
mod result_logging;

/// Asserts what a log tells: of each record `name outcome LEVEL`, and its payload.
#[track_caller]
fn assert_tells<const N: usize>(log: &Log, expected: [(&str, Value); N]) {
    check_lines(log);
    let records = log.records().into_iter().map(|record| {
        let head = format!("{} {} {}", record.event_name, record.event_outcome, record.level);
        (head, Value::Object(record.payload))
    });
    let expected = expected.map(|(head, payload)| (head.to_owned(), payload));
    assert_eq!(records.collect::<Vec<_>>(), expected, "{log}");
}

/// Captures what this thread records through a layer configured like this.
fn capture_through(
    configure: impl FnOnce(InvocationLayer) -> InvocationLayer,
) -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(configure(log.layer()));
    (log, tracing::subscriber::set_default(subscriber))
}
