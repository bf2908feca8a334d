//! The configurations of the guide: read as what they are written in, and not run.

use std::io::Write as _;
use std::process::Stdio;

use end_to_end::{fenced, python};
use serde_json::Value;

fn read_as_yaml(text: &str) -> Value {
    let convert = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
    let mut python = python();
    python.args(["-c", convert]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn pipelines_name_what_the_configurations_have() {
    let configurations: Vec<_> = fenced("opentelemetry-collector.md", "yaml").collect();
    let configurations: Vec<_> = configurations.iter().map(|text| read_as_yaml(text)).collect();
    let whole = configurations.iter().filter(|read| read["service"].is_object());
    let mut named = 0;
    for configuration in whole {
        let pipeline = configuration["service"]["pipelines"]["logs"].as_object().unwrap();
        for (kind, names) in pipeline {
            for name in names.as_array().unwrap() {
                assert!(configuration[kind][name.as_str().unwrap()].is_object(), "{kind}: {name}");
                named += 1;
            }
        }
    }
    assert_eq!((configurations.len(), named), (3, 5));
}
