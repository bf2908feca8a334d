//! Every line fits, and every reader can read it, whatever limits were asked for and whatever a program records.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tracing_invocation::format::{Bunyan, Datadog, Ecs, GoogleCloud, OtlpJson};
use tracing_invocation::sink::{Callback, Output};
use tracing_invocation::testing::Log;
use tracing_invocation::{
    Capture, InvocationLayer, Limits, Outcome, Verdict, begin, json as structure, whole,
};
use tracing_subscriber::prelude::*;

use super::logged;
use crate::support::{check_line, only};

/// A value nested this deep, lists and objects in turn.
fn deep(depth: usize, leaf: &Value) -> Value {
    (0..depth).fold(
        leaf.clone(),
        |inner, level| {
            if level % 2 == 0 { json!([inner]) } else { json!({"k": inner}) }
        },
    )
}

/// How deep lists and objects stand one inside the other.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn a_value_is_never_nested_too_deep_to_be_read() {
    let limits = Limits { depth: usize::MAX, text: usize::MAX, ..Limits::DEFAULT };
    for levels in [3, 60, 64, 65, 120, 126, 127, 128, 200, 1_000] {
        for leaf in [json!("x"), json!("x".repeat(20_000))] {
            let value = deep(levels, &leaf);
            let log = logged(
                |layer| layer.with_limits(limits),
                || {
                    let span = tracing::info_span!(
                        "run",
                        error = 1,
                        value = structure(&value),
                        whole = whole(&value)
                    );
                    span.in_scope(|| {});
                },
            );
            for line in log.lines() {
                assert!(line.len() < limits.record, "{} bytes", line.len() + 1);
            }
            let context = only(&log, "run", Outcome::Invoke).payload["context"].clone();
            assert!(depth(&context) <= 65, "{levels}: {}", depth(&context));
        }
    }
}

#[test]
fn what_a_context_formatter_answers_is_limited_as_values_are() {
    let answer = json!({
        "deep": deep(200, &json!("x".repeat(20_000))),
        "list": Vec::from_iter(0..12),
        "text": "x".repeat(250),
        "k".repeat(250): 1,
        "members": (0..12).map(|n| (format!("m{n:02}"), n.into())).collect::<Map<_, _>>(),
    });
    let format = answer.as_object().unwrap().clone();
    let log = logged(
        |layer| layer.with_context_formatter(move |_| Some(format.clone())),
        || tracing::info_span!("run").in_scope(|| {}),
    );
    let payload = only(&log, "run", Outcome::Invoke).payload;
    assert_eq!(payload["deep"], json!({"k": [{"k": ["<object>"]}]}));
    assert_eq!(payload["list"].as_array().unwrap().len(), 11);
    assert_eq!(payload["text"], format!("{}...", "x".repeat(200)));
    assert_eq!(payload[&format!("{}...", "k".repeat(200))], 1);
    assert_eq!(payload["members"]["__more__"], "2 more keys");
    // As many members as it answers, as a span has as many fields as it has.
    assert_eq!(payload.len(), 5);
}

#[test]
fn a_limit_below_the_least_is_the_least() {
    let long = "\u{7f}".repeat(300);
    let log = logged(
        |layer| {
            let limits = Limits { record: 0, ..Limits::DEFAULT };
            layer.with_limits(limits).with_capture(Capture::none().with_progress())
        },
        || {
            let span = |name: &str| {
                tracing::info_span!(
                    "run",
                    invocation.name = name,
                    invocation.entity_id = long,
                    x = long
                )
            };
            let outer = begin(span(&long));
            outer.span().in_scope(|| {
                let inner = begin(span(&long));
                inner.end(Verdict::failed_as(&long, &long));
            });
            outer.end(Verdict::failed_as(&long, &long));
        },
    );
    assert_eq!(log.lines().len(), 4);
    for line in log.lines() {
        assert!(line.len() < 700, "{} bytes: {line}", line.len() + 1);
    }
}

fn limits() -> impl Strategy<Value = Limits> {
    let any = || prop_oneof![0..40_usize, 0..20_000_usize, Just(usize::MAX)];
    let record = prop_oneof![0..2_000_usize, 700..20_000_usize];
    (any(), any(), 0..20_usize, any(), any(), record).prop_map(
        |(text, message, causes, items, depth, record)| Limits {
            text,
            message,
            causes,
            items,
            depth,
            record,
        },
    )
}

/// Values that are deep, wide, long or many.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "(\u{7f}|é|x){0,300}".prop_map(Value::from),
        (0..30_000_usize).prop_map(|length| "\u{7f}".repeat(length).into()),
    ];
    let wide = leaf.prop_recursive(4, 64, 30, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..30).prop_map(Value::from),
            prop::collection::btree_map("[a-z\u{7f}]{0,40}", inner, 0..30)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    (0..200_usize, wide).prop_map(|(levels, leaf)| deep(levels, &leaf))
}

/// The lines that outputs in other formats write, each with its limit.
type Formatted = Arc<Mutex<Vec<(usize, Vec<u8>)>>>;

fn with_formats(layer: InvocationLayer, limit: usize, lines: &Formatted) -> InvocationLayer {
    let output = || {
        let lines = Arc::clone(lines);
        let callback = Callback::new(move |line| {
            lines.lock().unwrap().push((limit, line.bytes().to_vec()));
            Ok(())
        });
        Output::new(callback).with_format_limit(limit)
    };
    layer
        .and_sink(output().with_format(Ecs::new()))
        .and_sink(output().with_format(GoogleCloud::new()))
        .and_sink(output().with_format(OtlpJson::new("shop")))
        .and_sink(output().with_format(Bunyan::new("shop")))
        .and_sink(output().with_format(Datadog::new("shop")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_fits_its_limit_and_is_a_record(
        limits in limits(),
        format_limit in 1_500..20_000_usize,
        values in prop::collection::vec(value(), 3),
        names in prop::array::uniform3("(\u{7f}|é|x){0,300}"),
        message in "(\u{7f}|é|x){0,1200}",
        answers in any::<bool>(),
        progress in any::<bool>(),
    ) {
        let [name, namespace, entity] = &names;
        let formatted = Formatted::default();
        let log = Log::new();
        let mut layer = with_formats(log.layer().with_limits(limits), format_limit, &formatted);
        if answers {
            let answer = Map::from_iter([("v".to_owned(), values[0].clone()), ("w".to_owned(), values[1].clone())]);
            layer = layer.with_context_formatter(move |_| Some(answer.clone()));
        }
        if progress {
            layer = layer.with_capture(Capture::none().with_progress());
        }
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = || tracing::info_span!(
                "run",
                invocation.name = name,
                invocation.namespace = namespace,
                invocation.entity_id = entity,
                args.value = structure(&values[0]),
                value = structure(&values[1]),
                whole = whole(&values[2]),
                text = message,
            );
            let outer = begin(span());
            outer.span().in_scope(|| {
                begin(span()).end(Verdict::failed_as(name, &message));
                drop(begin(span()));
            });
            outer.end(Verdict::failed_as(namespace, &message));
        });
        let lines = log.lines();
        prop_assert_eq!(lines.len(), 6);
        for line in lines {
            let limit = limits.record.max(700);
            prop_assert!(line.len() < limit, "{} of {} bytes: {}", line.len() + 1, limit, line);
            check_line(&line);
        }
        for (limit, line) in formatted.lock().unwrap().iter() {
            prop_assert!(line.len() <= *limit, "{} of {} bytes", line.len(), limit);
        }
    }
}
