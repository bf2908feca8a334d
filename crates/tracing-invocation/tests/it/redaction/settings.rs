//! What a layer takes for a secret, by its settings.

use tracing_invocation::{EventMetadata, Redaction, Settings, Verbosity, operation};
use tracing_subscriber::prelude::*;

use super::*;

fn logged(settings: Settings, f: impl FnOnce()) -> tracing_invocation::testing::Log {
    let log = tracing_invocation::testing::Log::new();
    let subscriber = tracing_subscriber::registry().with(log.layer().with_settings(settings));
    tracing::subscriber::with_default(subscriber, f);
    crate::support::check_lines(&log);
    log
}

#[operation(fields(iban, page_token), args(text, maximum: password), result)]
fn pay(iban: &str, page_token: &str, text: &str, password: &str) -> String {
    text.to_owned()
}

#[test]
fn a_layer_has_its_own_keys_and_patterns_and_counts() {
    let redaction = Redaction::standard().with_key("iban").without_key("page_token");
    let redaction = redaction.with_pattern(r"\b\d{4}-\d{4}\b").unwrap();
    let settings =
        Settings::default().with_redaction(redaction.clone()).with_verbosity(Verbosity::Maximum);
    let log = logged(settings, || drop(pay("DE02", "p-2", "card 1234-5678", "hunter2")));
    let [invoke, success] = log.records().try_into().unwrap();
    let args = json!({"text": "card <redacted>", "password": "<redacted>"});
    let context = [("iban", "<redacted>"), ("page_token", "p-2")];
    for (name, value) in context {
        assert_eq!((&invoke.payload[name], &success.payload[name]), (&json!(value), &json!(value)));
    }
    assert_eq!(invoke.payload["args"], args);
    assert_eq!(success.payload["result"], "card <redacted>");
    assert_eq!(redaction.redacted(), 4, "two fields, a text and a result");
}

#[test]
fn a_layer_may_redact_nothing() {
    let log = logged(Settings::default().with_redaction(Redaction::none()), || {
        tracing::info_span!("open", password = "hunter2").in_scope(|| {});
    });
    assert!(log.records().iter().all(|record| record.payload["password"] == "hunter2"));
}

#[test]
fn a_secret_of_a_refused_call_is_neither_written_nor_counted() {
    let redaction = Redaction::standard();
    let settings = Settings::default()
        .with_redaction(redaction.clone())
        .with_policy(|_: &EventMetadata<'_>| false);
    logged(settings, || {
        tracing::info_span!("open", password = "hunter2").in_scope(|| {});
    });
    assert_eq!(redaction.redacted(), 0);
}

#[test]
fn a_pattern_that_is_none_is_refused_in_words() {
    let error = Redaction::standard().with_pattern("(").unwrap_err();
    assert_eq!(error.pattern(), "(");
    assert!(error.to_string().starts_with("\"(\" is not a pattern: "), "{error}");
}

#[test]
fn each_layer_redacts_an_error_by_its_own_rules() {
    let strict = tracing_invocation::testing::Log::new();
    let lax = tracing_invocation::testing::Log::new();
    for lax_is_outside in [false, true] {
        let strict = strict.layer();
        let lax = lax.layer().with_redaction(Redaction::none());
        let run = || {
            let guard = tracing_invocation::begin(tracing::info_span!("open"));
            guard.fail(&std::io::Error::other("cannot reach postgres://u:hunter2@db/x"));
        };
        let registry = tracing_subscriber::registry();
        if lax_is_outside {
            tracing::subscriber::with_default(registry.with(strict).with(lax), run);
        } else {
            tracing::subscriber::with_default(registry.with(lax).with(strict), run);
        }
    }
    assert!(!strict.to_string().contains("hunter2"), "{strict}");
    assert!(lax.to_string().contains("hunter2"), "in one order at least");
}

#[test]
fn an_error_is_redacted_by_the_rules_of_the_moment_at_which_it_is_told() {
    let log = tracing_invocation::testing::Log::new();
    let layer = log.layer();
    let handle = layer.handle();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    tracing::dispatcher::with_default(&dispatch, || {
        let guard = tracing_invocation::begin(tracing::info_span!("open"));
        let redaction = Redaction::standard().with_pattern("sk_[a-z]+").unwrap();
        handle.update(|settings| settings.with_redaction(redaction.clone()));
        let fail = move || guard.fail(&std::io::Error::other("key sk_live refused"));
        std::thread::scope(|scope| {
            scope.spawn(|| tracing::dispatcher::with_default(&dispatch, fail));
        });
    });
    assert!(!log.to_string().contains("sk_live"), "{log}");
}
