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
