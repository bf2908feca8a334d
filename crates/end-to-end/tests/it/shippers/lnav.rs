//! docs/shipping/lnav.md: the format file, and what lnav then knows of real records.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use end_to_end::{Child, fenced, guide_path, tool};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PATIENCE, output, parse, produce};

/// lnav with a home of its own, in which the format is installed.
struct Lnav {
    home: TempDir,
}

impl Lnav {
    fn new() -> Self {
        let lnav = Self { home: tempfile::tempdir().unwrap() };
        let format = guide_path("lnav/tracing_invocation.json");
        // It tells of its success on stderr.
        let told = Child::output(lnav.command().arg("-i").arg(format), PATIENCE);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let installed = lnav.home.path().join(".lnav/formats/installed/tracing_invocation.json");
        assert!(installed.is_file(), "{}", String::from_utf8_lossy(&told.stderr));
        lnav
    }

    fn command(&self) -> Command {
        let mut command = tool("lnav");
        command.env("HOME", self.home.path()).env_remove("XDG_CONFIG_HOME").env("TZ", "UTC");
        command
    }

    fn query(&self, sql: &str, log: &Path) -> Vec<Value> {
        let sql = format!(";{sql}");
        let answer =
            output(self.command().args(["-n", "-c", &sql, "-c", ":write-json-to -"]).arg(log));
        let Value::Array(rows) = parse(&answer) else { panic!("{answer}") };
        rows
    }
}

#[test]
fn lnav_has_nothing_against_the_format() {
    let lnav = Lnav::new();
    assert_eq!(output(lnav.command().arg("-C")), "");
}

#[test]
fn every_record_is_a_row() {
    let lnav = Lnav::new();
    let log = lnav.home.path().join("operations.jsonl");
    let written = produce(400, "default", &log);
    let rows = lnav.query(
        "SELECT log_level, event_namespace, event_name, event_outcome, entity_id, trace_id, span_id, parent_span_id, \
         ifnull(duration_ns, -1) AS duration_ns, ifnull(payload_truncated, 0) AS payload_truncated, payload \
         FROM tracing_invocation ORDER BY log_line",
        &log,
    );
    assert_eq!(rows.len(), written.len());
    for (row, line) in rows.iter().zip(&written) {
        let record = parse(line);
        let level = record["level"].as_str().unwrap().to_lowercase();
        let name = &record["span_id"];
        assert_eq!(row["log_level"], json!(level), "{name}");
        for key in [
            "event_namespace",
            "event_name",
            "event_outcome",
            "entity_id",
            "trace_id",
            "span_id",
            "parent_span_id",
        ] {
            assert_eq!(row[key], record[key], "{key} of {name}");
        }
        // Nulls are replaced: where the first row has one, lnav answers with texts.
        let number = |key: &str, default: i64| match &record[key] {
            Value::Null => json!(default),
            Value::Bool(value) => json!(i64::from(*value)),
            value => value.clone(),
        };
        assert_eq!(row["duration_ns"], number("duration_ns", -1), "{name}");
        assert_eq!(row["payload_truncated"], number("payload_truncated", 0), "{name}");
        assert_eq!(parse(row["payload"].as_str().unwrap()), record["payload"], "{name}");
    }
}

#[test]
fn times_are_those_of_the_records() {
    let lnav = Lnav::new();
    let log = lnav.home.path().join("operations.jsonl");
    let written = produce(60, "default", &log);
    let rows = lnav.query("SELECT log_time FROM tracing_invocation ORDER BY log_line", &log);
    let times: Vec<_> =
        rows.iter().map(|row| row["log_time"].as_str().unwrap().to_owned()).collect();
    let written: Vec<_> = written
        .iter()
        .map(|line| {
            // `2026-11-22T08:00:00.123456Z` is shown as `2026-11-22 08:00:00.123`.
            parse(line)["timestamp"].as_str().unwrap()[..23].replace('T', " ")
        })
        .collect();
    assert_eq!(times, written);
}

#[test]
fn what_was_cancelled_is_seen_and_counted() {
    let lnav = Lnav::new();
    let log = lnav.home.path().join("operations.jsonl");
    let written = produce(400, "default", &log);
    let mut ended = BTreeMap::<_, u64>::new();
    for record in written.iter().map(|line| parse(line)) {
        *ended.entry(record["event_outcome"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let rows =
        lnav.query("SELECT event_outcome, count(*) AS n FROM tracing_invocation GROUP BY 1", &log);
    let counted: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (row["event_outcome"].as_str().unwrap().to_owned(), row["n"].as_u64().unwrap()))
        .collect();
    assert_eq!(counted, ended);

    let filter = ":filter-expr :event_outcome = 'cancelled' AND :log_level = 'info'";
    let seen = output(lnav.command().args(["-n", "-c", filter]).arg(&log));
    let seen: Vec<_> =
        seen.lines().filter(|line| line.contains(" INFO  cancelled produce::wait")).collect();
    let told =
        written.iter().map(|line| parse(line)).filter(|record| record["level"] == "INFO").count();
    assert_eq!(seen.len(), told);
    assert!(seen.iter().all(|line| line.contains("dropped before completion")), "{}", seen[0]);
}

#[test]
fn what_the_guide_asks_is_answered() {
    let lnav = Lnav::new();
    let log = lnav.home.path().join("operations.jsonl");
    produce(60, "default", &log);
    let [questions] = &fenced("lnav.md", "text").collect::<Vec<_>>()[..] else {
        panic!("one block")
    };
    for question in questions.lines() {
        let answer = output(lnav.command().args(["-n", "-c", question]).arg(&log));
        assert!(answer.lines().count() > 3, "{question}\n{answer}");
    }
}
