//! The ways in which a process ends, and what is in its log then.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::{Ended, Load, account_of};

/// Records 1,000 records into a file and ends.
fn ended(how: &str) -> Ended {
    let plan = format!("sink=append:FOLDER/log operations=500 {how}");
    let mut load = Load::new(&plan).stderr_kept();
    let is_signalled = how.contains("end=terminate");
    if is_signalled {
        load.command.stdin(Stdio::piped());
    }
    let mut running = load.start();
    if is_signalled {
        running.report("account");
        kill_process(Pid::from_child(&running.child.0), Signal::TERM).unwrap();
    }
    running.wait()
}

/// How many records are in its log, each of them whole.
#[track_caller]
fn records(ended: &Ended) -> u64 {
    let path = ended.path("log");
    assert!(fs::exists(&path).unwrap());
    let account = account_of(&path);
    assert!(account.tally().is_clean(), "{:?}", account.tally());
    account.tally().records
}

const ENDS: [(&str, Result<i32, i32>); 6] = [
    ("guard", Ok(0)),
    ("return", Ok(0)),
    ("exit", Ok(3)),
    ("panic", Ok(101)),
    ("abort", Err(6)),
    ("terminate", Err(15)),
];

#[track_caller]
fn assert_ended(ended: &Ended, how: Result<i32, i32>) {
    assert_eq!(ended.status.code().ok_or(ended.status.signal().unwrap_or_default()), how);
}

#[test]
fn without_a_queue_every_record_is_in_the_log_however_the_process_ends() {
    for (end, how) in ENDS {
        let ended = ended(&format!("end={end}"));
        assert_ended(&ended, how);
        assert_eq!(records(&ended), 1_000, "{end}");
    }
}

#[test]
fn a_guard_has_the_queue_written_before_the_process_ends() {
    let ended = ended("queue=newest:2000 held end=guard");
    assert_eq!(records(&ended), 1_000);
    assert_eq!(ended.counters().written, 1_000);
}

#[test]
fn a_panic_has_the_queue_written_before_the_process_ends() {
    let ended = ended("queue=newest:2000 panic_ms=30000 held end=panic");
    assert_ended(&ended, Ok(101));
    assert_eq!(records(&ended), 1_000);
}

#[test]
fn without_a_guard_what_is_in_the_queue_is_lost_with_the_process() {
    for (end, how) in [("exit", Ok(3)), ("abort", Err(6)), ("return", Ok(0))] {
        let ended = ended(&format!("queue=newest:2000 held=always end={end}"));
        assert_ended(&ended, how);
        assert_eq!(records(&ended), 0, "{end}");
    }
}

#[test]
fn a_signal_that_nobody_handles_loses_what_is_in_the_queue() {
    let ended = ended("queue=newest:2000 held=always end=terminate");
    assert_ended(&ended, Err(15));
    assert_eq!(records(&ended), 0);
}
