//! Many rules, and patterns made to be slow.

use std::time::{Duration, Instant};

use serde_json::json;
use tracing_invocation::{EventMetadata, EventPolicy as _, PatternPolicy, PolicyRule};

#[test]
fn ten_thousand_rules_keep_their_order() {
    let rules: Vec<_> = (0..10_000)
        .map(|at| {
            let action = if at % 2 == 0 { "allow" } else { "deny" };
            match at % 4 {
                0 => json!({"action": action, "event_names": [format!("job{at}")]}),
                1 => json!({"action": action, "events": [format!("app.job{at}.*")]}),
                2 => json!({"action": action, "event_namespaces": ["app"], "entity_ids": [format!("e-{at}")]}),
                _ => json!({"action": action, "source_paths": [format!("*/file{at}.rs")]}),
            }
        })
        .collect();
    let policy: PatternPolicy =
        serde_json::from_value(json!({"default_enabled": false, "rules": rules})).unwrap();

    let event = |name| EventMetadata::new("app", name);
    assert!(policy.is_recorded(&event("job9996")));
    assert!(policy.is_recorded(&event("run").with_entity_id("e-9998")));
    assert!(!policy.is_recorded(&event("run").with_entity_id("e-9999")));
    assert!(!policy.is_recorded(&event("job9997.a").with_entity_id("e-9998")), "9997 comes first");
    assert!(policy.is_recorded(&event("job9997.a").with_entity_id("e-9994")), "9994 comes first");
    let in_file = event("job9996").with_file("src/file3.rs");
    assert!(!policy.is_recorded(&in_file), "3 comes first");
    assert!(!policy.is_recorded(&event("run")));
}

#[test]
fn ten_thousand_patterns_of_one_rule_are_alternatives() {
    let names = (0..10_000).map(|at| format!("job{at}"));
    let policy = PatternPolicy::new([PolicyRule::deny().with_event_names(names)]).unwrap();
    assert!(!policy.is_recorded(&EventMetadata::new("app", "job9999")));
    assert!(policy.is_recorded(&EventMetadata::new("app", "job10000")));
}

/// A matcher that tries every star at every place would not finish within the age of the universe. The bound leaves
/// room for a slow machine, and none for that.
#[test]
fn many_stars_try_nothing_twice() {
    let text = "a".repeat(100_000);
    let event = EventMetadata::new("app", &text);
    let begun = Instant::now();
    for (pattern, matches) in [
        ("*a".repeat(1_000) + "*b*", false),
        ("*a".repeat(1_000) + "*b", false),
        ("*a".repeat(1_000) + "*", true),
        ("*a?".repeat(300) + "*[b-z]*", false),
        ("*[a-b]?".repeat(300) + "*[!a]", false),
        (format!("*{}b*", "?".repeat(100)), false),
    ] {
        let rule = PolicyRule::deny().with_event_names([pattern]);
        assert_eq!(PatternPolicy::new([rule]).unwrap().is_recorded(&event), !matches);
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
