//! How much of a value and of a record is written.

mod fits;
mod identity;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use tracing_invocation::convention::mark;
use tracing_invocation::testing::Log;
use tracing_invocation::{DescribeError, InvocationLayer, Limits, Outcome, json, operation, whole};
use tracing_subscriber::prelude::*;

use crate::support::{check_line, check_lines, only};

fn logged(layer: impl FnOnce(InvocationLayer) -> InvocationLayer, f: impl FnOnce()) -> Log {
    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(layer(log.layer()));
    tracing::subscriber::with_default(subscriber, f);
    check_lines(&log);
    log
}

#[test]
fn each_layer_has_its_limits_for_whatever_is_written() {
    #[operation(fields(text), args(list), result)]
    fn run(text: &str, list: Vec<u8>, fail: bool) -> Result<Vec<&'static str>, String> {
        if fail { Err("e".repeat(9)) } else { Ok(vec!["abcdef"; 3]) }
    }
    let limits = Limits { text: 3, message: 5, items: 2, ..Limits::DEFAULT };
    let log = logged(
        |layer| layer.with_limits(limits),
        || {
            let _ = run("abcdef", vec![1, 2, 3, 4], false);
            let _ = run("abcdef", vec![], true);
        },
    );
    let invoke = &log.records()[0].payload;
    assert_eq!(json!(invoke), json!({"args": {"list": [1, 2, "... (2 more)"]}, "text": "abc..."}));
    let success = only(&log, "run", Outcome::Success);
    assert_eq!(success.payload["result"], json!(["abc...", "abc...", "... (1 more)"]));
    let failed = only(&log, "run", Outcome::Failed);
    assert_eq!(failed.payload["error"]["message"], "eeeee...");
}

#[test]
fn limits_are_lifted_for_a_field() {
    #[operation(args(whole: items, short = items, whole: %text))]
    fn run(items: Vec<u32>, text: String) {}
    #[operation(result(short = 0, whole: long = 0))]
    fn parts(items: Vec<u32>) -> (Vec<u32>,) {
        (items,)
    }
    let twelve: Vec<u32> = (1..=12).collect();
    let log = logged(
        |layer| layer,
        || {
            run(twelve.clone(), "x".repeat(250));
            let _ = parts(twelve.clone());
            tracing::info_span!("stock", rows = whole(&twelve)).in_scope(|| {});
        },
    );
    let mut cut: Vec<Value> = (1..=10).map(Value::from).collect();
    cut.push("... (2 more)".into());
    let args = &only(&log, "run", Outcome::Invoke).payload["args"];
    assert_eq!(*args, json!({"items": twelve, "short": cut, "text": "x".repeat(250)}));
    let result = &only(&log, "parts", Outcome::Success).payload["result"];
    assert_eq!(*result, json!({"short": cut, "long": twelve}));
    assert_eq!(only(&log, "stock", Outcome::Invoke).payload["rows"], json!(twelve));
}

#[test]
fn a_large_value_that_is_whole_still_fits_the_record() {
    let log = logged(
        |layer| layer,
        || {
            let rows: Vec<u32> = (0..100_000).collect();
            tracing::info_span!("sync", rows = whole(&rows), short = "kept").in_scope(|| {});
        },
    );
    for record in log.records() {
        assert!(record.payload_truncated);
        let rows = record.payload["rows"].as_array().unwrap();
        let shown = rows.len() - 1;
        assert!(shown > 10, "as many as fit");
        assert_eq!(rows[shown], format!("{} ({} more)", mark::CUT, 100_000 - shown));
        assert_eq!(record.payload["short"], "kept");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_record_fits_its_preset(
        names in prop::array::uniform3("(\u{7f}|é|x){0,300}"),
        values in prop::collection::btree_map("[a-z]{1,9}", "(\u{7f}|é|x){0,300}", 0..40),
        lists in prop::collection::vec(any::<u64>(), 0..2_000),
        message in "(\u{7f}|é|x){0,1200}",
        kind in "(\u{7f}|é|x){0,400}",
    ) {
        let [name, namespace, entity] = names;
        for limits in [Limits::DEFAULT, Limits::RSYSLOG, Limits::PIPE, Limits { record: 700, ..Limits::DEFAULT }] {
            let values: &BTreeMap<String, String> = &values;
            let log = logged(|layer| layer.with_limits(limits), || {
                let span = tracing::info_span!(
                    "run",
                    invocation.name = name,
                    invocation.namespace = namespace,
                    invocation.entity_id = entity,
                    values = json(values),
                    lists = whole(&lists),
                );
                let guard = tracing_invocation::begin(span);
                guard.end(tracing_invocation::Verdict::failed_as(&kind, &message));
            });
            let lines = log.lines();
            prop_assert_eq!(lines.len(), 2);
            for line in lines {
                prop_assert!(line.len() < limits.record, "{} of {} bytes: {line}", line.len() + 1, limits.record);
                check_line(&line);
            }
        }
    }
}

/// A structure that is as large as limits let through: everything in it stands in objects.
fn deep(key: &str, depth: usize) -> Value {
    match depth {
        0 => "x".repeat(200).into(),
        _ => (0..10).map(|n| (format!("{key}{n}"), deep(key, depth - 1))).collect::<Value>(),
    }
}

#[test]
fn no_record_is_above_its_limit_wherever_the_large_value_stands() {
    struct Refused(Value);
    impl DescribeError for Refused {
        fn details(&self) -> impl serde::Serialize {
            &self.0
        }
    }
    #[operation(fields(before), args(given), result)]
    fn run(before: Value, given: Value, returned: Value) -> Result<Value, Refused> {
        if returned.is_null() { Err(Refused(given)) } else { Ok(returned) }
    }
    for limit in [1_000, Limits::PIPE.record, Limits::DEFAULT.record] {
        let limits = Limits { record: limit, ..Limits::DEFAULT };
        let log = logged(
            |layer| layer.with_limits(limits),
            || {
                let small = || json!("small");
                let _ = run(deep("a", 3), small(), small());
                let _ = run(small(), deep("a", 3), small());
                let _ = run(small(), small(), deep("a", 3));
                let _ = run(small(), deep("a", 3), Value::Null);
                let _ = run(deep("a", 3), deep("b", 3), deep("c", 3));
            },
        );
        let lines = log.lines();
        assert_eq!(lines.len(), 10);
        for line in lines {
            assert!(line.len() < limit, "{} of {limit}: {line}", line.len());
        }
    }
}
