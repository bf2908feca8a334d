//! Fields that appear only at some verbosities.

use serde_json::{Value, json};
use tracing_invocation::{Outcome, Settings, Verbosity, operation};

use super::logged;
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

/// The arguments of the `invoke` record of an operation `name` at a verbosity.
fn args(name: &str, settings: Settings, operation: impl FnOnce()) -> Value {
    let log = logged(settings, operation);
    let payload = &only(&log, name, Outcome::Invoke).payload;
    payload.get("args").cloned().unwrap_or_default()
}

fn at(verbosity: Verbosity) -> Settings {
    Settings::default().with_verbosity(verbosity)
}

#[test]
fn gates_at_normal() {
    assert_eq!(args("run", at(Verbosity::Normal), run), json!({"a": 1, "c": 3, "e": 5, "f2": 6}));
}

#[test]
fn gates_at_maximum() {
    assert_eq!(args("run", at(Verbosity::Maximum), run), json!({"a": 1, "d": 4, "f2": 6}));
}

#[test]
fn default_level_is_normal() {
    assert_eq!(args("run", Settings::default(), run), json!({"a": 1, "c": 3, "e": 5, "f2": 6}));
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
    #[operation(fields(a, maximum: b))]
    fn gated(a: u8, b: u8) {}
    let log = logged(at(Verbosity::Maximum), || gated(1, 2));
    for record in log.records() {
        assert_eq!(json!(record.payload), json!({"a": 1, "b": 2}));
    }
}

#[test]
fn gating_does_not_enable_events() {
    #[operation(fields(maximum: a), args(maximum: a))]
    fn gated(a: u8) {}
    let log = logged(at(Verbosity::Minimal), || gated(1));
    assert_eq!(log.records().len(), 2);
    assert!(log.records().iter().all(|record| record.payload.is_empty()));
}

/// From the group `documented`: one operation at each verbosity.
#[test]
fn documented() {
    #[operation(args(request_id, normal | maximum: method, maximum: size = payload.len()))]
    fn send_request(request_id: &str, method: &str, payload: &[u8]) {}
    let at =
        |verbosity| args("send_request", at(verbosity), || send_request("req-1", "GET", b"abc"));
    assert_eq!(at(Verbosity::Minimal), json!({"request_id": "req-1"}));
    assert_eq!(at(Verbosity::Normal), json!({"request_id": "req-1", "method": "GET"}));
    assert_eq!(at(Verbosity::Maximum), json!({"request_id": "req-1", "method": "GET", "size": 3}));
}
