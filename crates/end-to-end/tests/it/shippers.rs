//! The shipping guides, done as they say, with the programs that they are about.

mod configurations;
mod containers;
mod journald;
mod jq;
mod lnav;
mod rsyslog;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use end_to_end::Child;
use serde_json::Value;

/// How long another program may take, on a machine that has a lot to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program whose records are shipped, before its arguments.
fn producer() -> Command {
    Command::new(env!("CARGO_BIN_EXE_produce"))
}

/// Runs the producer, which writes to the end of `file`, and answers with the lines that it wrote.
#[track_caller]
fn produce(operations: u64, limits: &str, file: &Path) -> Vec<String> {
    let mut command = producer();
    command.args([&operations.to_string(), limits]).arg(file);
    output(&mut command).lines().map(str::to_owned).collect()
}

/// What a command that ends well says on stdout, where it has nothing to say on stderr.
#[track_caller]
fn output(command: &mut Command) -> String {
    let output = Child::output(command, PATIENCE);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaints.is_empty(),
        "{command:?}: {}\n{complaints}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command to its end.
#[track_caller]
fn run(command: &mut Command) {
    let status = Child::spawn(command).wait(PATIENCE);
    assert!(status.success(), "{command:?}: {status}");
}

#[track_caller]
fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{line}"))
}

/// Checks line by line, so that a failure shows one line and not all of them.
#[track_caller]
fn assert_same(arrived: &[String], written: &[String]) {
    for (arrived, written) in arrived.iter().zip(written) {
        assert_eq!(arrived, written);
    }
    assert_eq!(arrived.len(), written.len());
}

#[test]
fn what_is_shipped_is_as_hard_as_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("operations.jsonl");
    let lines = produce(400, "default", &file);
    let records: Vec<_> = lines.iter().map(|line| parse(line)).collect();

    for outcome in ["invoke", "success", "failed", "cancelled", "unknown"] {
        let count = records.iter().filter(|record| record["event_outcome"] == outcome).count();
        assert!(count > 50, "{count} of {outcome}");
    }
    let longest = lines.iter().map(|line| line.len() + 1).max().unwrap();
    assert!((15_000..=16_000).contains(&longest), "{longest}");
    assert!(records.iter().any(|record| record["payload_truncated"] == true));
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().collect::<Vec<_>>(), lines);
}
