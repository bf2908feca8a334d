//! Disks that are full, or may only be read.

use std::process::{Command, Output};

use end_to_end::tool;
use serde_json::Value;

const NO_SPACE: &str = "No space left on device (os error 28)";

/// Runs a program on a small file system of its own, in a namespace of its own: the file system goes with it.
fn on_a_disk(options: &str, program: &str, args: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().display();
    let mut unshare = tool("unshare");
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    // Only root may mount; anybody is root in a namespace of users.
    unshare.arg("--mount");
    if !is_root {
        unshare.arg("--map-root-user");
    }
    let script =
        format!("mount -t tmpfs -o {options} tmpfs {folder} && exec {program} {folder}{args}");
    unshare.args(["sh", "-c", &script]).output().unwrap()
}

/// What the program that fills a disk said of it.
#[track_caller]
fn filled(options: &str, args: &str) -> Value {
    let output = on_a_disk(options, env!("CARGO_BIN_EXE_fills_a_disk"), args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The records, and how many lines are none.
fn read(text: &str) -> (Vec<Value>, usize) {
    let records: Vec<_> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let torn = text.lines().count() - records.len();
    (records, torn)
}

fn told(said: &Value) -> Vec<&str> {
    said["told"].as_array().unwrap().iter().map(|told| told.as_str().unwrap()).collect()
}

#[test]
fn what_a_full_disk_costs_is_counted_and_told_in_the_log_once_there_is_space() {
    let said = filled("size=400k", "");
    let text = said["files"]["shop.jsonl"].as_str().unwrap();
    assert!(text.ends_with('\n'));
    let (records, torn) = read(text);
    // What the last bytes of the disk took of a record stands on a line of its own.
    assert!(torn <= 3);

    let count = |pointer: &str| said["counters"].pointer(pointer).unwrap().as_u64().unwrap();
    let (written, lost) = (count("/outputs/0/written"), count("/outputs/0/dropped/write_failed"));
    assert!(lost >= 75);
    assert_eq!(written + lost, count("/recorded"));
    let (of_losses, others): (Vec<_>, Vec<_>) =
        records.iter().partition(|record| record["event_name"] == "delivery");
    assert_eq!(others.len() as u64, written);
    assert_eq!(of_losses.len() as u64, count("/outputs/0/loss_records"));
    let told_of = of_losses.iter().map(|record| {
        let error = &record["payload"]["error"];
        assert!(error["message"].as_str().unwrap().ends_with(NO_SPACE));
        error["details"]["lost"].as_u64().unwrap()
    });
    assert_eq!(told_of.sum::<u64>(), lost);
    // Each round wrote again once there was space.
    for round in 1..=3 {
        let of_round = |record: &&&Value| record["payload"]["round"] == round;
        assert!(others.iter().filter(of_round).count() >= 20);
    }
    let told = told(&said);
    assert!(told[0].ends_with(&format!("records are being lost: {NO_SPACE}")), "{told:?}");
    assert!(told[1].contains("records are written again"), "{told:?}");
}

#[test]
fn a_file_that_cannot_be_rotated_or_compressed_for_want_of_space_loses_nothing_by_that() {
    // The folder, the file and three of ballast: no place for a file more, until one of those goes.
    let said = filled("size=800k,nr_inodes=5", " gzip");
    let files = said["files"].as_object().unwrap();
    let told = told(&said);
    let has_told =
        |what: &str| told.iter().any(|told| told.ends_with(&format!("{what}: {NO_SPACE}")));
    assert!(told[0].ends_with(&format!("not rotated: {NO_SPACE}")), "{told:?}");
    assert!(has_told("a rotated file cannot be compressed"), "{told:?}");
    assert!(files.len() > 1, "it was rotated once there was a place");

    let text: String = files.values().map(|text| text.as_str().unwrap()).collect();
    let (records, torn) = read(&text);
    let count = |pointer: &str| said["counters"].pointer(pointer).unwrap().as_u64().unwrap();
    // Compressing takes space and gives it back, so that the disk is full more than once in a round.
    assert!(torn as u64 <= count("/outputs/0/write_errors"));
    let (written, lost) = (count("/outputs/0/written"), count("/outputs/0/dropped/write_failed"));
    assert_eq!(records.len() as u64, written + count("/outputs/0/loss_records"));
    assert_eq!(count("/recorded"), written + lost);
}

#[test]
fn a_disk_that_may_only_be_read_is_refused_and_the_error_says_so() {
    let output = on_a_disk("ro", env!("CARGO_BIN_EXE_appends"), "/shop.jsonl");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(said.contains("/shop.jsonl: Read-only file system (os error 30)"), "{said}");
}
