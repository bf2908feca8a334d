//! Real processes, and what holds for everything that they print.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;
use tracing_invocation::{Outcome, Record, convention};

pub(crate) const PRETTY: &str = env!("CARGO_BIN_EXE_pretty");
pub(crate) const QUICKSTART: &str = env!("CARGO_BIN_EXE_quickstart");
pub(crate) const CANCELLATION: &str = env!("CARGO_BIN_EXE_cancellation");
pub(crate) const POLICY: &str = env!("CARGO_BIN_EXE_policy");
pub(crate) const SERVICE: &str = env!("CARGO_BIN_EXE_service");
pub(crate) const WHY: &str = env!("CARGO_BIN_EXE_why");
pub(crate) const SHUTDOWN: &str = env!("CARGO_BIN_EXE_shutdown");

/// What a process left behind that ended well.
pub(crate) struct Finished {
    stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }
}

/// A program that nobody configured.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_remove(convention::ENVIRONMENT_VARIABLE).env_remove("RUST_BACKTRACE");
    for choice_of_color in ["NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
        command.env_remove(choice_of_color);
    }
    command
}

/// Runs a program as it is.
#[track_caller]
pub(crate) fn run(program: &str) -> Finished {
    finish(command(program))
}

/// Runs a program that refuses some of its calls: those may fail or be cancelled without having begun.
#[track_caller]
pub(crate) fn run_refusing(program: &str) -> Finished {
    finish_with(command(program), |told| {
        matches!(told, [Outcome::Failed | Outcome::Cancelled]) || is_whole(told)
    })
}

/// Runs a command to its end, which has to be a good one, and checks every line on its stdout.
#[track_caller]
pub(crate) fn finish(command: Command) -> Finished {
    finish_with(command, is_whole)
}

/// Runs a program until so many lines are on its stdout, and has it told to end.
#[track_caller]
pub(crate) fn run_until_terminated(program: &str, lines: usize) -> Finished {
    let mut command = command(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut begun = String::new();
    for _ in 0..lines {
        assert!(stdout.read_line(&mut begun).unwrap() > 0, "it ended by itself: {begun}");
    }
    let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(told.unwrap().success());
    stdout.read_to_string(&mut begun).unwrap();
    let output = child.wait_with_output().unwrap();
    check_finished(Output { stdout: begun.into_bytes(), ..output }, is_whole)
}

/// Whether an operation begins once and then ends once.
fn is_whole(told: &[Outcome]) -> bool {
    matches!(told, [Outcome::Invoke, end] if end.is_terminal())
}

#[track_caller]
fn finish_with(mut command: Command, is_right: impl Fn(&[Outcome]) -> bool) -> Finished {
    check_finished(command.output().unwrap(), is_right)
}

#[track_caller]
fn check_finished(output: Output, is_right: impl Fn(&[Outcome]) -> bool) -> Finished {
    let Output { status, stdout, stderr } = output;
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{status}\n{stderr}");
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(stdout.is_empty() || stdout.ends_with('\n'), "{stdout}");
    check_lives(stdout.lines().map(check_line), is_right);
    Finished { stdout, stderr }
}

/// Reads a line as every reader would: as JSON that satisfies the schema, and as a record that says the same.
#[track_caller]
fn check_line(line: &str) -> Record {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
        jsonschema::validator_for(&serde_json::from_str(Record::SCHEMA).unwrap()).unwrap()
    });
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let faults: Vec<_> = SCHEMA.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}\n{line}");
    let record: Record = serde_json::from_str(line).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), value);
    record
}

/// Asserts that what is told of each operation is right.
#[track_caller]
fn check_lives(records: impl Iterator<Item = Record>, is_right: impl Fn(&[Outcome]) -> bool) {
    let mut lives: BTreeMap<_, Vec<Record>> = BTreeMap::new();
    for record in records {
        lives.entry(record.span_id).or_default().push(record);
    }
    for life in lives.values() {
        let told: Vec<_> = life.iter().map(|record| record.event_outcome).collect();
        assert!(is_right(&told), "{life:#?}");
    }
}
