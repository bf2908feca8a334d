//! A schema says more than the native format, and keeps to a limit nevertheless.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::Value;
use tracing::Dispatch;
use tracing_invocation::format::{Format, OtlpJson};
use tracing_invocation::sink::{Callback, Output};
use tracing_invocation::{Limits, Record, layer, whole};
use tracing_subscriber::prelude::*;

use super::{presets, strict, written};

/// What an output with this format and limit writes of an operation with this field, each line with its native record.
fn outcome_of(
    format: Box<dyn Format>,
    limit: Option<usize>,
    value: &Value,
) -> Vec<(Vec<u8>, Record)> {
    struct Boxed(Box<dyn Format>);
    impl Format for Boxed {
        fn format(&self, record: &Record, to: &mut Vec<u8>) {
            self.0.format(record, to);
        }
    }

    let lines = Arc::new(Mutex::new(Vec::new()));
    let place = Arc::clone(&lines);
    let callback = Callback::new(move |line| {
        place.lock().unwrap().push((line.bytes().to_vec(), line.record()?));
        Ok(())
    });
    let mut output = Output::new(callback).with_format(Boxed(format));
    if let Some(limit) = limit {
        output = output.with_format_limit(limit);
    }
    let subscriber = tracing_subscriber::registry().with(layer().with_sink(output));
    tracing::dispatcher::with_default(&Dispatch::new(subscriber), || {
        tracing::info_span!("large", first = 1, value = whole(value)).in_scope(|| {});
    });
    std::mem::take(&mut lines.lock().unwrap())
}

/// Values whose structure is dear: much of it, and little in it.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        (0..10).prop_map(Value::from),
        "[\u{1}-\u{1f}a-z]{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 4_000, 200, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..200).prop_map(Value::from),
            proptest::collection::hash_map("[a-z]{0,12}", inner, 0..200)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_line_is_longer_than_its_limit(value in values(), limit in 1_500_usize..=16_000) {
        for (name, format) in presets() {
            for (line, _) in outcome_of(format, Some(limit), &value) {
                prop_assert!(line.len() <= limit, "{} wrote {} of {}", name, line.len(), limit);
                strict::read(std::str::from_utf8(&line).unwrap());
            }
        }
    }
}

#[test]
fn a_line_that_shrank_says_so_and_keeps_what_has_room() {
    let numbers = Value::from_iter(0..2_000);
    let lines = outcome_of(Box::new(OtlpJson::new("shop")), None, &numbers);
    assert_eq!(lines.len(), 2);
    for (line, native) in lines {
        assert!(!native.payload_truncated, "as native record it has room");
        let line = String::from_utf8(line).unwrap();
        assert!((2_000..=Limits::DEFAULT.record).contains(&line.len()), "{}", line.len());
        assert!(
            line.contains(r#"{"key":"invocation.payload_truncated","value":{"boolValue":true}}"#)
        );
        assert!(line.contains(r#"{"key":"first","value":{"intValue":"1"}}"#));
        assert!(line.contains("more)\""), "{line}");
    }
}

/// By how much a preset's line is longer than the native one at the most, but for its message: how many bytes it adds
/// to how many times the record.
pub(super) const AT_MOST: [(&str, usize, usize); 5] = [
    ("ecs", 200, 1),
    ("google_cloud", 300, 1),
    ("otlp_json", 0, 14),
    ("bunyan", 120, 1),
    ("datadog", 200, 1),
];

#[test]
fn the_docs_say_how_long_lines_become() {
    const DOCS: &str = include_str!("../../../../../docs/FORMATS.md");
    let records = || super::RECORDS.lines();
    let native: usize = records().map(|line| line.len() + 1).sum();
    assert!(DOCS.contains(&format!("have {native} bytes")), "{native}");
    for ((name, format), (of, adds, times)) in presets().into_iter().zip(AT_MOST) {
        assert_eq!(of, name);
        let lines = records().map(|line| written(&*format, &serde_json::from_str(line).unwrap()));
        // Processes have numbers of different lengths.
        let of_process = format!(r#""pid":{},"#, std::process::id());
        let bytes: usize =
            lines.map(|line| line.replace(&of_process, r#""pid":12345,"#).len()).sum();
        let most = if times == 1 { format!("{adds} bytes more") } else { format!("{times} times") };
        let row = format!("| {bytes} | {most} |");
        assert!(DOCS.contains(&row), "{name}: {row}");
    }
}
