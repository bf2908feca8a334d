//! What the readers of other schemas make of the records of a real process.
//!
//! Each preset is read by what its ecosystem reads logs with, as far as that can be installed. Elasticsearch, the agents of
//! Google Cloud and of Datadog, and the OpenTelemetry Collector cannot: in their place stand the definitions of ECS as
//! Elastic publishes them, Google's client with the rules that its agents are documented to follow, Datadog's client with
//! a schema of our own for what it leaves open, and OpenTelemetry's two readers of OTLP.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The records of a run: the name, the native outcome, and the level.
const STORY: [[&str; 3]; 20] = [
    ["ship", "invoke", "DEBUG"],
    ["ship", "success", "DEBUG"],
    ["checkout", "invoke", "DEBUG"],
    ["charge", "invoke", "DEBUG"],
    ["charge", "failed", "ERROR"],
    ["checkout", "failed", "DEBUG"],
    ["overflow", "invoke", "DEBUG"],
    ["overflow", "failed", "ERROR"],
    ["refresh", "invoke", "DEBUG"],
    ["fetch", "invoke", "DEBUG"],
    ["fetch", "cancelled", "INFO"],
    ["refresh", "cancelled", "DEBUG"],
    ["report", "invoke", "DEBUG"],
    ["report", "success", "DEBUG"],
    ["delivery", "failed", "ERROR"],
    ["ship", "invoke", "DEBUG"],
    ["ship", "success", "DEBUG"],
    ["compress", "invoke", "DEBUG"],
    ["compress", "unknown", "DEBUG"],
    ["delivery", "failed", "ERROR"],
];

/// What a process prints that records every outcome in this format.
fn printed(format: &str) -> String {
    let program = Command::new(env!("CARGO_BIN_EXE_formats")).arg(format).output().unwrap();
    assert!(program.status.success(), "{}", String::from_utf8_lossy(&program.stderr));
    let lines = String::from_utf8(program.stdout).unwrap();
    assert_eq!(lines.lines().count(), STORY.len(), "{lines}");
    let longest = lines.lines().map(str::len).max().unwrap();
    assert!(longest < 16_000, "{longest}");
    lines
}

/// What `reader` prints of these lines.
#[track_caller]
fn read_by(reader: &mut Command, lines: &str) -> String {
    let piped = reader.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut reader = piped.spawn().unwrap();
    let mut stdin = reader.stdin.take().unwrap();
    let lines = lines.to_owned();
    // A reader that gives up early says why on its own.
    let writing = std::thread::spawn(move || drop(stdin.write_all(lines.as_bytes())));
    let output = reader.wait_with_output().unwrap();
    writing.join().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    said.into_owned()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/readers").join(name)
}

/// Asserts that a reader told the story, each record in the words that `tell` gives it.
#[track_caller]
fn assert_told(said: &str, tell: impl Fn([&str; 3]) -> String) {
    let told: Vec<_> = said.lines().collect();
    let story: Vec<_> = STORY.iter().map(|record| tell(*record)).collect();
    assert_eq!(told, story);
}

#[test]
fn the_field_definitions_of_ecs_hold() {
    let said = read_by(end_to_end::node().arg(script("ecs.js")), &printed("ecs"));
    assert_told(&said, |[name, outcome, level]| {
        let known = match outcome {
            "success" => "success",
            "failed" => "failure",
            _ => "unknown",
        };
        format!("{name} {known} {level} {outcome}")
    });
}

#[test]
fn the_client_of_google_cloud_reads_entries_and_operations() {
    let said =
        read_by(end_to_end::python().arg(script("google_cloud.py")), &printed("google_cloud"));
    assert_told(&said, |[name, outcome, level]| {
        let which = match (name, outcome) {
            ("delivery", _) => "first+last",
            (_, "invoke") => "first",
            _ => "last",
        };
        format!("{name} {outcome} {which} {level}")
    });
}

#[test]
fn the_readers_of_opentelemetry_read_otlp() {
    let said = read_by(end_to_end::python().arg(script("otlp_json.py")), &printed("otlp_json"));
    assert_told(&said, |[name, outcome, level]| {
        let number = match level {
            "DEBUG" => 5,
            "INFO" => 9,
            _ => 17,
        };
        format!("{name} {outcome} {number} {level}")
    });
}

#[test]
fn the_client_of_datadog_reads_logs() {
    let mut reader = end_to_end::python();
    let said = read_by(
        reader.arg(script("datadog.py")).arg(script("datadog.schema.json")),
        &printed("datadog"),
    );
    assert_told(&said, |[name, outcome, level]| {
        format!("{name} {outcome} {}", level.to_lowercase())
    });
}

#[test]
fn the_command_of_bunyan_takes_every_line_for_a_record() {
    let lines = printed("bunyan");
    let bunyan = |arguments: &[&str]| {
        let mut bunyan = end_to_end::npm("bunyan");
        read_by(bunyan.args(["--strict", "--no-color"]).args(arguments), &lines)
    };
    // `--strict` leaves out what is no record, and the others come out as they are.
    let plain = |lines: &str| -> Vec<serde_json::Value> {
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!(plain(&bunyan(&["--output", "json-0"])), plain(&lines));

    let simple = bunyan(&["--output", "simple"]);
    assert_eq!(simple.lines().count(), STORY.len(), "a message is one line: {simple}");
    let failures = bunyan(&["--level", "error", "--output", "simple"]);
    let failed = STORY.iter().filter(|[.., level]| *level == "ERROR").count();
    assert_eq!(failures.matches("ERROR - ").count(), failed);
    let cancelled = bunyan(&["--condition", "this.invocation.event_outcome === 'cancelled'"]);
    assert_eq!(cancelled.matches("cancelled after").count(), 2, "{cancelled}");
}
