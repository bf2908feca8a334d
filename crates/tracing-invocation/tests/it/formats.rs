//! Presets: the same records in the words of other schemas, whole, and within their limits.

mod inverse;
mod limits;
mod properties;
#[path = "../../src/payload/structure/tests/strict.rs"]
mod strict;

use tracing_invocation::Record;
use tracing_invocation::format::{Bunyan, Datadog, Ecs, Format, GoogleCloud, OtlpJson};

use crate::support::check_line;

/// Native records of every outcome, told in full and not, and the one about losses.
const RECORDS: &str = include_str!("formats/records.jsonl");

/// Every preset, by its name.
fn presets() -> [(&'static str, Box<dyn Format>); 5] {
    [
        ("ecs", Box::new(Ecs::new().with_service("shop"))),
        ("google_cloud", Box::new(GoogleCloud::new().with_project("shop-7"))),
        (
            "otlp_json",
            Box::new(
                OtlpJson::new("store")
                    .with_resource_attribute("host.name", "lion")
                    .with_resource_attribute("service.name", "shop"),
            ),
        ),
        ("bunyan", Box::new(Bunyan::new("shop").with_hostname("lion"))),
        ("datadog", Box::new(Datadog::new("shop"))),
    ]
}

fn written(format: &dyn Format, record: &Record) -> String {
    let mut line = Vec::new();
    format.format(record, &mut line);
    String::from_utf8(line).unwrap()
}

#[test]
fn every_outcome_looks_like_this() {
    RECORDS.lines().for_each(check_line);
    let records: Vec<Record> =
        RECORDS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (name, format) in presets() {
        let lines: String = records.iter().map(|record| written(&*format, record)).collect();
        insta::with_settings!({
            snapshot_path => "formats",
            prepend_module_to_snapshot => false,
            omit_expression => true,
            filters => [(r#""pid":\d+"#, r#""pid":[pid]"#)],
        }, {
            insta::assert_snapshot!(name, lines);
        });
    }
}

#[test]
fn what_is_slow_has_its_answer_later_in_every_schema() {
    let line = r#"{"timestamp":"2026-11-22T09:30:00.000000Z","level":"WARN","event_namespace":"shop","event_name":"sync","event_outcome":"slow","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","duration_ns":1500000000,"payload":{"slow":{"expected_ns":1000000000,"age_ns":1500000000}}}"#;
    check_line(line);
    let record: Record = serde_json::from_str(line).unwrap();
    for (name, format) in presets() {
        let line: serde_json::Value = serde_json::from_str(&written(&*format, &record)).unwrap();
        let said = line.to_string();
        assert!(said.contains("shop sync is slow, begun 1.50 s ago"), "{name}: {said}");
        assert!(said.contains("expected_ns"), "{name}: {said}");
        match name {
            "ecs" => assert_eq!(line["event"]["outcome"], "unknown"),
            "google_cloud" => {
                let operation = &line["logging.googleapis.com/operation"];
                assert_eq!((operation.get("first"), operation.get("last")), (None, None));
                assert_eq!(line["severity"], "WARNING");
            }
            "otlp_json" => assert!(said.contains(r#""severityText":"WARN""#), "{said}"),
            "bunyan" => assert_eq!(line["level"], 40),
            _ => assert_eq!(line["status"], "warn"),
        }
    }
}
