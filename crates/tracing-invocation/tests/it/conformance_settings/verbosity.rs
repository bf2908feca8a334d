//! Fields that appear only at some verbosities.

use serde_json::json;
use tracing_invocation::{Outcome, Settings, Verbosity, operation};

use super::logged;
use crate::golden::assert_golden;
use crate::support::only;

#[operation(args(
    a = 1,
    minimal: b = 2,
    normal: c = 3,
    maximum: d = 4,
    minimal | normal: e = 5,
    normal | maximum: f2 = 6,
))]
fn run() {}

fn at(verbosity: Verbosity) -> Settings {
    Settings::default().with_verbosity(verbosity)
}

#[test]
fn gates_at_normal() {
    assert_golden!("verbosity/gates_at_normal", logged(at(Verbosity::Normal), run));
}

#[test]
fn gates_at_maximum() {
    assert_golden!("verbosity/gates_at_maximum", logged(at(Verbosity::Maximum), run));
}

#[test]
fn default_level_is_normal() {
    assert_golden!("verbosity/default_level_is_normal", logged(Settings::default(), run));
}

/// Differs: what is odd in the original's texts is refused by the compiler; a gate of a span made by hand that
/// names no verbosity is part of the name, so that nothing is lost.
#[test]
fn odd_gates() {
    let odd = || {
        let span = tracing::info_span!(
            "odd",
            "invocation.at.Normal.args.q" = 1,
            "invocation.at.loud.r" = 1,
            "invocation.at.normal.args.t" = 1,
        );
        span.in_scope(|| {});
    };
    let log = logged(Settings::default(), odd);
    let payload = json!(only(&log, "odd", Outcome::Invoke).payload);
    let expected = json!({
        "args": {"t": 1},
        "invocation.at.Normal.args.q": 1,
        "invocation.at.loud.r": 1,
    });
    assert_eq!(payload, expected);
}

#[test]
fn gated_context_fields() {
    #[operation("run", fields(a, maximum: b))]
    fn gated(a: u8, b: u8) {}
    let log = logged(at(Verbosity::Maximum), || gated(1, 2));
    assert_golden!("verbosity/gated_context_fields", log);
}

#[test]
fn gating_does_not_enable_events() {
    #[operation("run", fields(maximum: a), args(maximum: a))]
    fn gated(a: u8) {}
    let log = logged(at(Verbosity::Minimal), || gated(1));
    assert_golden!("verbosity/gating_does_not_enable_events", log);
}
