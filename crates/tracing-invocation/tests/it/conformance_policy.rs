//! The pattern policy answers as the original's does, case by case.
//!
//! Each test has the name of a case, its configuration and its probes. Where this policy knowingly differs, the
//! test says so; `docs/conformance-policy.md` collects the differences.

use serde_json::{Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{EventMetadata, EventPolicy as _, PatternPolicy, operation};
use tracing_subscriber::prelude::*;

use crate::support::{check_lines, story};

const CONFORMANCE: &str = include_str!("../../../../docs/DESIGN.md");

fn policy(configuration: &Value) -> PatternPolicy {
    serde_json::from_value(configuration.clone()).unwrap()
}

fn refusal(configuration: &Value) -> String {
    serde_json::from_value::<PatternPolicy>(configuration.clone()).unwrap_err().to_string()
}

#[track_caller]
fn assert_answers(configuration: &Value, probes: &[(EventMetadata<'_>, bool)]) {
    let policy = policy(configuration);
    for (event, enabled) in probes {
        assert_eq!(policy.is_recorded(event), *enabled, "{event:?}");
    }
}

const fn event<'a>(namespace: &'a str, name: &'a str) -> EventMetadata<'a> {
    EventMetadata::new(namespace, name)
}

#[track_caller]
fn assert_collected(case: &str) {
    assert!(CONFORMANCE.contains(&format!("\n| `{case}` |")), "{case}");
}

#[test]
fn allow_list() {
    assert_answers(
        &json!({
            "default_enabled": false,
            "rules": [{"action": "allow", "event_namespaces": ["app.api", "app.worker"]}],
        }),
        &[
            (event("app.api", "run"), true),
            (event("app.worker", "run"), true),
            (event("app.worker.sub", "run"), false),
            (event("app", "run"), false),
        ],
    );
}

#[test]
fn deny_list() {
    assert_answers(
        &json!({"rules": [{"action": "deny", "event_names": ["heartbeat", "cache.tick"]}]}),
        &[
            (event("app", "heartbeat"), false),
            (event("app", "cache.tick"), false),
            (event("app", "cache.ticks"), true),
            (event("app", "run"), true),
        ],
    );
}

#[test]
fn first_match_wins_broad_first() {
    assert_answers(
        &json!({
            "default_enabled": false,
            "rules": [
                {"action": "allow", "events": ["app.job.*"]},
                {"action": "deny", "events": ["app.job.noisy"]},
            ],
        }),
        &[(event("app", "job.noisy"), true), (event("app", "job.started"), true)],
    );
}

#[test]
fn fields_and_patterns_or() {
    assert_answers(
        &json!({
            "default_enabled": false,
            "rules": [{
                "action": "allow",
                "event_namespaces": ["app.worker"],
                "event_names": ["start", "stop"],
            }],
        }),
        &[
            (event("app.worker", "start"), true),
            (event("app.worker", "stop"), true),
            (event("app.worker", "run"), false),
            (event("app.api", "start"), false),
        ],
    );
}

#[test]
fn one_entity() {
    assert_answers(
        &json!({
            "default_enabled": false,
            "rules": [{
                "action": "allow",
                "event_namespaces": ["app.connection"],
                "entity_ids": ["connection-42"],
            }],
        }),
        &[
            (event("app.connection", "run").with_entity_id("connection-42"), true),
            (event("app.connection", "run").with_entity_id("connection-7"), false),
            (event("app.connection", "run"), false),
        ],
    );
}

#[test]
fn restricted_field_never_matches_absence() {
    assert_answers(
        &json!({"rules": [{"action": "deny", "entity_ids": ["*"]}]}),
        &[
            (event("app", "run").with_entity_id("e-1"), false),
            (event("app", "run").with_entity_id(""), false),
            (event("app", "run"), true),
        ],
    );
}

/// Alike for every probe. The original's operations carry no source fields, so there the rule holds for none of
/// them; here it holds for an operation whose file and function are known.
#[test]
fn source_fields() {
    assert_answers(
        &json!({
            "rules": [{
                "action": "deny",
                "source_paths": ["*/net/*"],
                "source_funcs": ["connect"],
            }],
        }),
        &[
            (event("app", "run").with_file("/src/net/a.py").with_function("connect"), false),
            (event("app", "run").with_file("/src/net/a.py").with_function("close"), true),
            (event("app", "run").with_file("/src/db/a.py").with_function("connect"), true),
            (event("app", "run"), true),
        ],
    );
    assert_collected("pattern_policy/source_fields");
}

#[test]
fn rule_without_patterns_matches_all() {
    assert_answers(
        &json!({
            "default_enabled": true,
            "rules": [{"action": "deny"}, {"action": "allow", "event_names": ["run"]}],
        }),
        &[(event("app", "run"), false)],
    );
}

#[test]
fn question_mark() {
    assert_answers(
        &json!({
            "default_enabled": false,
            "rules": [{"action": "allow", "event_names": ["job.?"]}],
        }),
        &[
            (event("app", "job.a"), true),
            (event("app", "job.ab"), false),
            (event("app", "job."), false),
            (event("app", "job.."), true),
        ],
    );
}

#[test]
fn literal_brackets() {
    assert_answers(
        &json!({
            "default_enabled": false,
            "rules": [{"action": "allow", "entity_ids": ["a[b", "c[*]d", "e\\*f"]}],
        }),
        &[
            (event("app", "run").with_entity_id("a[b"), true),
            (event("app", "run").with_entity_id("c*d"), true),
            (event("app", "run").with_entity_id("cxd"), false),
            (event("app", "run").with_entity_id("e\\xf"), true),
            (event("app", "run").with_entity_id("e*f"), false),
        ],
    );
}

#[test]
fn patterns_are_trimmed() {
    assert_answers(
        &json!({
            "default_enabled": false,
            "rules": [{"action": " allow ", "event_names": ["  run  "]}],
        }),
        &[(event("app", "run"), true)],
    );
}

#[test]
fn null_lists_are_empty() {
    assert_answers(
        &json!({"rules": [{"action": "deny", "events": null, "event_names": ["x"]}]}),
        &[(event("app", "x"), false), (event("app", "y"), true)],
    );
    assert_answers(&json!({"rules": null}), &[(event("app", "x"), true)]);
}

#[test]
fn denied_operation_still_reports_failure() {
    #[operation(namespace = "example")]
    fn run() -> Result<(), &'static str> {
        Err("boom")
    }
    #[operation(namespace = "example")]
    fn ok() {}
    let policy = policy(&json!({"rules": [{"action": "deny"}]}));
    assert!(!policy.is_recorded(&event("example", "run")));

    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(log.layer().with_policy(policy));
    tracing::subscriber::with_default(subscriber, || {
        assert_eq!(run(), Err("boom"));
        ok();
    });
    check_lines(&log);
    assert_eq!(story(&log), ["run failed"]);
}

/// The original ignores them, and the rule then means something else than its author thinks.
#[test]
fn unknown_keys_are_refused() {
    let error = refusal(&json!({"rules": [{"action": "deny", "event_name": ["run"]}]}));
    assert!(error.starts_with("rule 1: there is no key \"event_name\" in a rule"), "{error}");
    let error = refusal(&json!({"default": false}));
    assert!(error.starts_with("there is no key \"default\" in a policy"), "{error}");
    assert_collected("unknown keys");
}

/// The empty pattern could match the empty text only, which is hardly what is meant.
#[test]
fn empty_patterns_are_refused() {
    let error = refusal(&json!({"rules": [{"action": "deny", "event_names": [" "]}]}));
    assert!(error.starts_with("rule 1, event_names: a pattern is empty"), "{error}");
    assert_collected("empty patterns");
}

/// In Python's `fnmatch`, `[z-a]` matches nothing and `[!z-a]` any character.
#[test]
fn backward_ranges_are_refused() {
    let error = refusal(&json!({"rules": [{"action": "deny", "event_names": ["[z-a]"]}]}));
    assert!(error.starts_with("rule 1, event_names: in \"[z-a]\" the range z-a is"), "{error}");
    assert_collected("backward ranges");
}

/// In the original a namespace may be missing, and then it matches no pattern. Here every operation has one, which
/// may be empty, and an empty one is matched like any other.
#[test]
fn namespaces_are_never_absent() {
    assert_answers(
        &json!({"rules": [{"action": "deny", "event_namespaces": ["*"]}]}),
        &[(event("", "run"), false)],
    );
    assert_collected("absent namespace");
}
