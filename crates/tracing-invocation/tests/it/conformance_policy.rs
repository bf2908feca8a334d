//! The pattern policy answers as the original's does, case by case.
//!
//! Each golden case has a configuration, probes and the answers. Where this policy knowingly differs, the test says so.

use serde::Deserialize;
use serde_json::{Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{EventMetadata, EventPolicy as _, PatternPolicy, begin, operation};
use tracing_subscriber::prelude::*;

use crate::golden::{assert_golden, case};

fn policy(configuration: &Value) -> PatternPolicy {
    serde_json::from_value(configuration.clone()).unwrap()
}

fn refusal(configuration: &Value) -> String {
    serde_json::from_value::<PatternPolicy>(configuration.clone()).unwrap_err().to_string()
}

/// What is asked of a policy in a golden case, and the answer.
#[derive(Deserialize)]
struct Probe {
    event_namespace: String,
    event_name: String,
    entity_id: Option<String>,
    source_path: Option<String>,
    source_func: Option<String>,
    enabled: bool,
}

impl Probe {
    fn event(&self) -> EventMetadata<'_> {
        let mut event = EventMetadata::new(&self.event_namespace, &self.event_name);
        if let Some(id) = &self.entity_id {
            event = event.with_entity_id(id);
        }
        if let Some(path) = &self.source_path {
            event = event.with_file(path);
        }
        if let Some(function) = &self.source_func {
            event = event.with_function(function);
        }
        event
    }
}

/// Asserts that the policy of a golden case answers its probes as the original's does, and runs one operation for each
/// probe through it.
#[track_caller]
fn run_probes(name: &str) -> Log {
    let observed = &case(name).observed;
    let policy = policy(&observed["policy"]);
    let probes: Vec<Probe> = serde_json::from_value(observed["probes"].clone()).unwrap();
    for probe in &probes {
        assert_eq!(policy.is_recorded(&probe.event()), probe.enabled, "{:?}", probe.event());
    }
    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(log.layer().with_policy(policy));
    tracing::subscriber::with_default(subscriber, || {
        for probe in &probes {
            let span = tracing::info_span!(
                "run",
                invocation.namespace = probe.event_namespace,
                invocation.name = probe.event_name,
                invocation.entity_id = probe.entity_id,
            );
            begin(span).complete();
        }
    });
    log
}

#[test]
fn allow_list() {
    let log = run_probes("pattern_policy/allow_list");
    assert_golden!("pattern_policy/allow_list", log);
}

#[test]
fn deny_list() {
    let log = run_probes("pattern_policy/deny_list");
    assert_golden!("pattern_policy/deny_list", log);
}

#[test]
fn first_match_wins_broad_first() {
    let log = run_probes("pattern_policy/first_match_wins_broad_first");
    assert_golden!("pattern_policy/first_match_wins_broad_first", log);
}

#[test]
fn fields_and_patterns_or() {
    let log = run_probes("pattern_policy/fields_and_patterns_or");
    assert_golden!("pattern_policy/fields_and_patterns_or", log);
}

#[test]
fn one_entity() {
    let log = run_probes("pattern_policy/one_entity");
    assert_golden!("pattern_policy/one_entity", log);
}

#[test]
fn restricted_field_never_matches_absence() {
    let log = run_probes("pattern_policy/restricted_field_never_matches_absence");
    assert_golden!("pattern_policy/restricted_field_never_matches_absence", log);
}

#[test]
fn source_fields() {
    let log = run_probes("pattern_policy/source_fields");
    assert_golden!("pattern_policy/source_fields", log);
}

#[test]
fn rule_without_patterns_matches_all() {
    let log = run_probes("pattern_policy/rule_without_patterns_matches_all");
    assert_golden!("pattern_policy/rule_without_patterns_matches_all", log);
}

#[test]
fn question_mark() {
    let log = run_probes("pattern_policy/question_mark");
    assert_golden!("pattern_policy/question_mark", log);
}

#[test]
fn literal_brackets() {
    let log = run_probes("pattern_policy/literal_brackets");
    assert_golden!("pattern_policy/literal_brackets", log);
}

#[test]
fn patterns_are_trimmed() {
    let log = run_probes("pattern_policy/patterns_are_trimmed");
    assert_golden!("pattern_policy/patterns_are_trimmed", log);
}

#[test]
fn null_lists_are_empty() {
    let log = run_probes("pattern_policy/null_lists_are_empty");
    assert_golden!("pattern_policy/null_lists_are_empty", log);
}

#[test]
fn a_rule_without_anything_is_a_policy_without_rules() {
    assert!(policy(&json!({"rules": null})).is_recorded(&EventMetadata::new("app", "x")));
}

#[test]
fn denied_operation_still_reports_failure() {
    #[derive(Debug)]
    struct ValueError;
    impl std::fmt::Display for ValueError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("boom")
        }
    }
    impl std::error::Error for ValueError {}
    #[operation]
    fn run() -> Result<(), ValueError> {
        Err(ValueError)
    }
    #[operation]
    fn ok() {}
    let policy = policy(&json!({"rules": [{"action": "deny"}]}));

    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(log.layer().with_policy(policy));
    tracing::subscriber::with_default(subscriber, || {
        run().unwrap_err();
        ok();
    });
    assert_golden!("pattern_policy/denied_operation_still_reports_failure", log);
}

/// The original ignores them, and the rule then means something else than its author thinks.
#[test]
fn unknown_keys_are_refused() {
    let error = refusal(&json!({"rules": [{"action": "deny", "event_name": ["run"]}]}));
    assert!(error.starts_with("rule 1: there is no key \"event_name\" in a rule"), "{error}");
    let error = refusal(&json!({"default": false}));
    assert!(error.starts_with("there is no key \"default\" in a policy"), "{error}");
}

/// The empty pattern could match the empty text only, which is hardly what is meant.
#[test]
fn empty_patterns_are_refused() {
    let error = refusal(&json!({"rules": [{"action": "deny", "event_names": [" "]}]}));
    assert!(error.starts_with("rule 1, event_names: a pattern is empty"), "{error}");
}

/// In Python's `fnmatch`, `[z-a]` matches nothing and `[!z-a]` any character.
#[test]
fn backward_ranges_are_refused() {
    let error = refusal(&json!({"rules": [{"action": "deny", "event_names": ["[z-a]"]}]}));
    assert!(error.starts_with("rule 1, event_names: in \"[z-a]\" the range z-a is"), "{error}");
}

/// In the original a namespace may be missing, and then it matches no pattern. Here every operation has one, which
/// may be empty, and an empty one is matched like any other.
#[test]
fn namespaces_are_never_absent() {
    let policy = policy(&json!({"rules": [{"action": "deny", "event_namespaces": ["*"]}]}));
    assert!(!policy.is_recorded(&EventMetadata::new("", "run")));
}
