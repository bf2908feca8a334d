//! What is refused, and what the error says of it.

use tracing_invocation::{PatternPolicy, PolicyRule};

/// Refused with this error, and with the place that the format adds.
#[track_caller]
fn assert_refused(json: &str, expected: &str) {
    let error = serde_json::from_str::<PatternPolicy>(json).unwrap_err().to_string();
    let (error, _) = error.rsplit_once(" at line 1 column ").unwrap();
    assert_eq!(error, expected);
}

#[test]
fn an_empty_pattern() {
    let expected = "rule 2, event_names: a pattern is empty: write \"*\" where any text will do, or take it out; a \
                    rule without event_names does not ask for any";
    let rules = [PolicyRule::allow(), PolicyRule::deny().with_event_names(["run", " \t"])];
    assert_eq!(PatternPolicy::new(rules).unwrap_err().to_string(), expected);
    assert_refused(
        r#"{"rules": [{"action": "allow"}, {"action": "deny", "event_names": ["run", ""]}]}"#,
        expected,
    );
}

#[test]
fn a_backward_range() {
    let rules = [PolicyRule::deny().with_source_paths(["src/[a-cz-x]*"])];
    assert_eq!(
        PatternPolicy::new(rules).unwrap_err().to_string(),
        "rule 1, source_paths: in \"src/[a-cz-x]*\" the range z-x is backwards and holds nothing: write x-z, or put \
         the - first, as in [-zx], where it is meant as a character"
    );
}

#[test]
fn an_unknown_key() {
    assert_refused(
        r#"{"rules": [{"action": "deny"}, {"acton": "deny"}]}"#,
        "rule 2: there is no key \"acton\" in a rule: write action, event_namespaces, event_names, events, \
         entity_ids, source_paths, source_funcs",
    );
    assert_refused(
        r#"{"rule": []}"#,
        "there is no key \"rule\" in a policy: write default_enabled or rules",
    );
}

#[test]
fn a_key_given_twice() {
    assert_refused(
        r#"{"rules": [{"action": "deny", "events": ["a"], "events": ["b"]}]}"#,
        "rule 1: events is given twice: write it once",
    );
    assert_refused(
        r#"{"rules": [], "rules": [{"action": "deny"}]}"#,
        "rules is given twice: write it once",
    );
}

#[test]
fn a_rule_without_an_action() {
    assert_refused(
        r#"{"rules": [{"event_names": ["run"]}]}"#,
        "rule 1: action is missing: write \"allow\" or \"deny\"",
    );
}

#[test]
fn an_unknown_action() {
    assert_refused(
        r#"{"rules": [{"action": "Deny"}]}"#,
        "rule 1, action: invalid value: string \"Deny\", expected \"allow\" or \"deny\"",
    );
}

#[test]
fn a_value_of_the_wrong_type() {
    assert_refused(
        r#"{"rules": [{"action": "deny", "event_names": "run"}]}"#,
        "rule 1, event_names: invalid type: string \"run\", expected a list of patterns, as in [\"job.*\"]",
    );
    assert_refused(
        r#"{"rules": [{"action": "deny", "entity_ids": ["a", 7]}]}"#,
        "rule 1, entity_ids: invalid type: integer `7`, expected a string",
    );
    assert_refused(
        r#"{"rules": [{"action": null}]}"#,
        "rule 1, action: invalid type: null, expected \"allow\" or \"deny\"",
    );
    assert_refused(
        r#"{"rules": [{"action": "deny"}, "deny"]}"#,
        "invalid type: string \"deny\", expected rule 2 to be a map with an action and patterns",
    );
    assert_refused(
        r#"{"rules": {"action": "deny"}}"#,
        "invalid type: map, expected rules to be a list of maps, each with an action and patterns",
    );
    assert_refused(
        r#"{"default_enabled": "no"}"#,
        "invalid type: string \"no\", expected default_enabled to be true or false",
    );
    assert_refused(
        "[]",
        "invalid type: sequence, expected a policy: a map with the keys default_enabled and rules",
    );
}

#[test]
fn text_that_is_no_json() {
    assert_refused("", "EOF while parsing a value");
    assert_refused("{\"rules\": [{\"action\"", "EOF while parsing an object");
    let cut_off = serde_json::from_str::<PatternPolicy>("{\"rules\": [{").unwrap_err();
    assert!(cut_off.is_eof());
}

#[test]
fn the_same_in_toml() {
    let error = |text| toml::from_str::<PatternPolicy>(text).unwrap_err();
    let wrong_type = error("[[rules]]\naction = \"deny\"\nevent_names = \"run\"\n");
    assert_eq!(
        wrong_type.message(),
        "rule 1, event_names: invalid type: string \"run\", expected a list of patterns, as in [\"job.*\"]\n"
    );
    let unknown = error("[[rules]]\naction = \"block\"\n");
    assert!(unknown.to_string().contains("expected \"allow\" or \"deny\""), "{unknown}");
    let empty = error("[[rules]]\naction = \"deny\"\nevent_names = [\"\"]\n");
    assert!(empty.message().starts_with("rule 1, event_names: a pattern is empty"), "{empty}");
}
