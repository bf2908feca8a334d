//! Policies: who may be one, what rules say together, and what is refused.

mod model;
mod refusals;
mod scale;

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use tracing_invocation::testing::Log;
use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy, PolicyRule, operation};
use tracing_subscriber::prelude::*;

use model::Action;

const RUN: EventMetadata<'_> = EventMetadata::new("app", "run");

/// What the policy says, asked through a type parameter as a layer would.
fn asked<P: EventPolicy>(policy: P, event: &EventMetadata<'_>) -> (bool, Option<bool>) {
    (policy.is_recorded(event), policy.static_answer(event))
}

#[test]
fn a_policy_answers_alike_behind_a_pointer() {
    let policy = || PatternPolicy::new([PolicyRule::deny().with_event_names(["tick"])]).unwrap();
    let boxed = || Box::new(policy()) as Box<dyn EventPolicy>;
    let shared = || Arc::new(policy()) as Arc<dyn EventPolicy>;
    for (name, answer) in [("run", true), ("tick", false)] {
        let event = EventMetadata::new("app", name);
        let expected = (answer, Some(answer));
        assert_eq!(asked(policy(), &event), expected);
        assert_eq!(asked(boxed(), &event), expected);
        assert_eq!(asked(shared(), &event), expected);
        assert_eq!(asked(Arc::new(policy()), &event), expected);
        assert_eq!(asked(Arc::new(boxed()), &event), expected);
    }
}

#[test]
fn a_closure_is_a_policy_that_is_asked_every_time() {
    let closure = |event: &EventMetadata<'_>| event.line == Some(7);
    assert_eq!(asked(closure, &RUN.with_line(7)), (true, None));
    assert_eq!(asked(Arc::new(closure), &RUN), (false, None));
    assert_eq!(asked(Box::new(closure) as Box<dyn EventPolicy>, &RUN), (false, None));
}

#[test]
fn without_rules_the_default_is_for_everything() {
    assert_eq!(asked(PatternPolicy::new([]).unwrap(), &RUN), (true, Some(true)));
    let silent = PatternPolicy::new([]).unwrap().with_default(false);
    assert_eq!(asked(silent, &RUN), (false, Some(false)));
    let configured: PatternPolicy = serde_json::from_value(json!({})).unwrap();
    assert_eq!(asked(configured, &RUN), (true, Some(true)));
}

#[test]
fn patterns_of_one_kind_add_up() {
    let rule = PolicyRule::deny().with_event_names(["a"]).with_event_names([String::from("b")]);
    let policy = PatternPolicy::new([rule]).unwrap();
    for (name, answer) in [("a", false), ("b", false), ("c", true)] {
        assert_eq!(policy.is_recorded(&EventMetadata::new("app", name)), answer);
    }
}

#[test]
fn nothing_is_static_where_an_entity_may_decide() {
    let policy = PatternPolicy::new([
        PolicyRule::deny().with_event_names(["tick"]),
        PolicyRule::allow().with_event_names(["run", "tick"]).with_entity_ids(["cart-*"]),
        PolicyRule::deny().with_event_namespaces(["app"]),
        PolicyRule::deny().with_entity_ids(["never-reached-in-app"]),
    ])
    .unwrap();
    let answer = |namespace, name| policy.static_answer(&EventMetadata::new(namespace, name));

    assert_eq!(answer("app", "tick"), Some(false), "decided before the entity is asked for");
    assert_eq!(answer("app", "run"), None, "the entity decides");
    assert_eq!(answer("app", "other"), Some(false), "the rule about entities is about other names");
    assert_eq!(answer("bank", "other"), None, "no rule decides before the last one");
}

#[test]
fn the_composed_key_of_an_empty_namespace_is_the_name_alone() {
    #[operation("job.started", namespace = "")]
    fn started() {}
    #[operation("job.started", namespace = "app")]
    fn elsewhere() {}

    let policy = PatternPolicy::new([PolicyRule::deny().with_events(["job.*"])]).unwrap();
    for (namespace, answer) in [("", false), ("app", true)] {
        let event = EventMetadata::new(namespace, "job.started");
        assert_eq!(asked(policy.clone(), &event), (answer, Some(answer)), "{namespace:?}");
    }
    let dotted = PatternPolicy::new([PolicyRule::deny().with_events([".job.*"])]).unwrap();
    assert!(dotted.is_recorded(&EventMetadata::new("", "job.started")), "there is no leading dot");

    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(log.layer().with_policy(policy));
    tracing::subscriber::with_default(subscriber, || {
        started();
        elsewhere();
    });
    let namespaces: Vec<_> = log.records().into_iter().map(|one| one.event_namespace).collect();
    assert_eq!(namespaces, ["app", "app"]);
}

#[test]
fn a_policy_is_read_from_toml() {
    let policy: PatternPolicy = toml::from_str(
        r#"
        default_enabled = false

        [[rules]]
        action = "deny"
        events = ["app.job.noisy"]

        [[rules]]
        action = "allow"
        events = ["app.job.*"]
        "#,
    )
    .unwrap();
    for (name, answer) in [("job.started", true), ("job.noisy", false), ("run", false)] {
        assert_eq!(policy.is_recorded(&EventMetadata::new("app", name)), answer, "{name}");
    }
}

/// Patterns of a few characters, so that they often match, or nearly.
fn pattern() -> impl Strategy<Value = String> {
    "([ab.é]|\\*|\\?|\\[!?[]ab-]{1,4}\\]|[\\[\\]!\\\\{}-]){1,4}"
}

fn text() -> impl Strategy<Value = String> {
    "([ab]|[ab.é\\[\\]!\\\\{}-]){0,4}"
}

fn rule() -> impl Strategy<Value = model::Rule> {
    let patterns =
        || prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(pattern(), 1..4)];
    let action = prop_oneof![Just(Action::Allow), Just(Action::Deny)];
    let patterns = [(); 6].map(|()| patterns());
    (action, patterns).prop_map(|(action, patterns)| model::Rule { action, patterns })
}

fn probe() -> impl Strategy<Value = model::Probe> {
    let maybe = || prop::option::of(text());
    (text(), text(), [maybe(), maybe(), maybe()]).prop_map(
        |(namespace, name, [entity, file, function])| model::Probe {
            namespace,
            name,
            entity,
            file,
            function,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn rules_say_what_the_model_says(
        rules in prop::collection::vec(rule(), 0..6),
        default in any::<bool>(),
        probes in prop::collection::vec(probe(), 1..12),
    ) {
        let built = PatternPolicy::new(rules.iter().map(model::Rule::in_code));
        let read = serde_json::from_value::<PatternPolicy>(json!({
            "default_enabled": default,
            "rules": rules.iter().map(model::Rule::in_json).collect::<Vec<_>>(),
        }));
        let expected = model::Policy::new(&rules, default);
        prop_assert_eq!(built.is_ok(), expected.is_some());
        prop_assert_eq!(read.is_ok(), expected.is_some());
        let (Ok(built), Ok(read), Some(expected)) = (built, read, expected) else { return Ok(()) };
        let built = built.with_default(default);
        for probe in &probes {
            let event = probe.metadata();
            let answer = expected.answer(probe);
            prop_assert_eq!(built.is_recorded(&event), answer, "{:?}", probe);
            prop_assert_eq!(read.is_recorded(&event), answer, "{:?}", probe);
            prop_assert_eq!(built.static_answer(&event), expected.static_answer(probe), "{:?}", probe);
            if let Some(always) = built.static_answer(&event) {
                prop_assert_eq!(always, answer);
            }
        }
    }
}
