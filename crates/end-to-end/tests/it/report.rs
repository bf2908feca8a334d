//! The page of `invocations report` in a browser: Debian's Chromium, driven by Playwright.
//!
//! Whatever else a script asserts, it fails where the page says something on the console, fails on its own, asks for
//! anything but its own file, or opens a dialog.

mod figures;
mod logs;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use end_to_end::{Child, invocations};
use tempfile::TempDir;

use logs::{circles_and_orphans, hostile, large, story, told, untold};

/// How long a browser may take for what a person would do in a few seconds.
const DEADLINE: Duration = Duration::from_secs(180);

/// A page, in a folder that is there as long as this is.
struct Page {
    folder: TempDir,
}

impl Page {
    #[track_caller]
    fn of(log: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let read = folder.path().join("app.jsonl");
        fs::write(&read, log).unwrap();
        let mut command = Command::new(invocations());
        command.args(["report", "--html"]).arg(folder.path().join("out.html")).arg(&read);
        let written = Child::output(&mut command, DEADLINE);
        assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        Self { folder }
    }

    /// What a script says that does something with the page, and is told something.
    #[track_caller]
    fn seen_by(&self, script: &str, told: &serde_json::Value) -> String {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/report");
        let mut node = end_to_end::node();
        node.env("CHROMIUM", end_to_end::tool("chromium").get_program())
            .arg(scripts.join(script))
            .arg(self.folder.path().join("out.html"))
            .arg(told.to_string());
        let ran = Child::output(&mut node, DEADLINE);
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
        said
    }
}

#[test]
fn figures_are_those_of_the_log() {
    let log = story();
    Page::of(&log).seen_by("figures.js", &figures::of(&log));
}

#[test]
fn filters_hold_for_everything_and_for_a_reload() {
    Page::of(&story()).seen_by("filters.js", &serde_json::Value::Null);
}

#[test]
fn a_trace_is_read_by_keys_alone() {
    Page::of(&story()).seen_by("keyboard.js", &serde_json::Value::Null);
}

#[test]
fn what_is_hostile_stays_a_text() {
    let (log, texts) = hostile();
    Page::of(&log).seen_by("hostile.js", &texts);
}

#[test]
fn missing_parents_and_circles_are_shown_as_such() {
    Page::of(&circles_and_orphans()).seen_by("parents.js", &serde_json::Value::Null);
}

#[test]
fn what_is_known_of_an_operation_is_told() {
    Page::of(&told()).seen_by("details.js", &serde_json::Value::Null);
}

#[test]
fn what_is_not_told_is_said_to_be_missing() {
    Page::of(&untold()).seen_by("untold.js", &serde_json::Value::Null);
}

#[test]
fn the_rules_of_axe_hold_in_every_view() {
    Page::of(&(story() + &circles_and_orphans() + &untold()))
        .seen_by("accessible.js", &serde_json::Value::Null);
}

#[test]
fn dark_and_light_can_be_read() {
    Page::of(&story()).seen_by("colours.js", &serde_json::Value::Null);
}

#[test]
fn what_is_printed_has_no_controls_and_every_row() {
    Page::of(&story()).seen_by("print.js", &serde_json::Value::Null);
}

#[test]
fn two_hundred_thousand_records_are_read_in_a_moment() {
    let log = large();
    assert_eq!(log.lines().count(), 200_000);
    let said = Page::of(&log).seen_by("large.js", &serde_json::Value::Null);
    eprint!("{said}");
}
