//! Names, namespaces and entity ids are no values, and have a limit of their own.

use tracing_invocation::{Limits, Outcome, operation};

use super::logged;
use crate::support::only;

#[operation("settle_account", entity_id = id, fields(text))]
fn settle(id: &str, text: &str) {}

#[test]
fn the_limit_of_texts_does_not_cut_names() {
    let limits = Limits { text: 3, ..Limits::DEFAULT };
    let log = logged(
        |layer| layer.with_limits(limits),
        || {
            settle("order-4711", "abcdef");
            let span = tracing::info_span!(
                "stock",
                invocation.name = "another",
                invocation.namespace = %"shop::orders",
                invocation.entity_id = ?12_345,
            );
            span.in_scope(|| {});
        },
    );
    let invoke = only(&log, "settle_account", Outcome::Invoke);
    assert_eq!(invoke.event_namespace, module_path!());
    assert_eq!(invoke.entity_id.as_deref(), Some("order-4711"));
    assert_eq!(invoke.payload["text"], "abc...");
    let invoke = only(&log, "another", Outcome::Invoke);
    assert_eq!(invoke.event_namespace, "shop::orders");
    assert_eq!(invoke.entity_id.as_deref(), Some("12345"));
}

#[test]
fn names_are_cut_alike_wherever_they_come_from() {
    let long = "n".repeat(300);
    for text in [3, 200, usize::MAX] {
        let limits = Limits { text, ..Limits::DEFAULT };
        let log = logged(
            |layer| layer.with_limits(limits),
            || {
                let span = tracing::info_span!(
                    "stock",
                    invocation.name = long,
                    invocation.namespace = %long,
                    invocation.entity_id = ?tracing::field::display(&long),
                );
                span.in_scope(|| {});
            },
        );
        let cut = format!("{}...", "n".repeat(200));
        let invoke = log.records().remove(0);
        assert_eq!(invoke.event_name, cut);
        assert_eq!(invoke.event_namespace, cut);
        assert_eq!(invoke.entity_id, Some(cut));
    }
}
