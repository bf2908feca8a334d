//! What the examples really print, as snapshots beside this file, and how the library behaves in real processes.
//!
//! Only what differs from run to run is replaced: by labels, on the text of the lines.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod installation;
mod labels;
mod process;
mod terminal;

use process::{
    CANCELLATION, POLICY, PRETTY, QUICKSTART, SERVICE, SHUTDOWN, WHY, run, run_refusing,
    run_until_terminated,
};

/// Asserts what a program prints against the snapshot of this name.
macro_rules! assert_printed {
    ($name:literal, $printed:expr) => {
        insta::with_settings!({
            snapshot_path => ".",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!($name, $printed);
        })
    };
}

#[test]
fn quickstart_tells_success_failure_and_cancellation_apart() {
    let finished = run(QUICKSTART);
    assert_printed!("quickstart", labels::numbered(&finished.lines()));
}

#[test]
fn the_readme_shows_what_quickstart_prints() {
    let readme = include_str!("../README.md");
    let (_, block) = readme.split_once("```json\n").unwrap();
    let (shown, _) = block.split_once("```").unwrap();
    let finished = run(QUICKSTART);
    let printed: Vec<_> =
        finished.lines().into_iter().filter(|line| line.contains("\"deliver\"")).collect();
    let shown: Vec<_> = shown.lines().collect();
    assert_eq!(labels::numbered(&shown), labels::numbered(&printed));
}

#[test]
fn cancellation_is_told_however_it_comes_about() {
    let finished = run(CANCELLATION);
    assert!(finished.stderr.contains("report-10 is torn"));
    assert_printed!("cancellation", labels::numbered(&finished.lines()));
}

#[test]
fn why_an_operation_was_cancelled_is_told_to_programs_and_to_persons() {
    let finished = run(WHY);
    assert_printed!("why", format!("{}\n{}", labels::numbered(&finished.lines()), finished.stderr));
}

#[test]
fn policy_is_changed_live_and_hides_no_failure() {
    let finished = run_refusing(POLICY);
    assert_printed!("policy", labels::numbered(&finished.lines()));
}

#[test]
fn service_accounts_for_every_request() {
    let finished = run(SERVICE);
    let counted = labels::counted(&finished.lines());
    assert_printed!("service", format!("{counted}stderr: {}", finished.stderr));
}

#[test]
fn shutdown_ends_every_operation_that_it_began() {
    let finished = run_until_terminated(SHUTDOWN, 3);
    let counted = labels::counted(&finished.lines());
    assert_printed!("shutdown", format!("{counted}stderr: {}", finished.stderr));
}

#[test]
fn pretty_shows_a_person_what_happened() {
    let finished = run(PRETTY);
    assert_printed!("pretty", labels::seen(&finished.stderr));
}
