//! Labels for what differs from run to run.

use std::collections::BTreeMap;

use regex::{Captures, Regex};

/// The lines, with a number for each trace and each span, so that the links between them stay visible.
pub(crate) fn numbered(lines: &[&str]) -> String {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    replaced(lines, |kind, id| {
        let label = known.entry(id.to_owned()).or_insert_with(|| {
            let count = counts.entry(kind).or_default();
            *count += 1;
            format!("[{kind}-{count}]")
        });
        label.clone()
    })
    .map(|line| line + "\n")
    .collect()
}

/// What a person sees, with a label for each time and a number for each span.
pub(crate) fn seen(text: &str) -> String {
    let mut known: Vec<String> = Vec::new();
    let time = Regex::new(r"(?m)^\d\d:\d\d:\d\d\.\d{3}Z").unwrap();
    let duration = Regex::new(r"  [\d.]+ (ns|µs|ms|s)\b").unwrap();
    let id = Regex::new(r"#[0-9a-f]{6}\b").unwrap();
    let text = time.replace_all(text, "[time]");
    let text = duration.replace_all(&text, "  [duration]");
    let text = id.replace_all(&text, |found: &Captures<'_>| {
        let number = known.iter().position(|id| *id == found[0]).unwrap_or_else(|| {
            known.push(found[0].to_owned());
            known.len() - 1
        });
        format!("#[span-{}]", number + 1)
    });
    text.into_owned()
}

/// How often each line occurs, whatever its ids and wherever it stands.
pub(crate) fn counted(lines: &[&str]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in replaced(lines, |kind, _| format!("[{kind}]")) {
        *counts.entry(line).or_default() += 1;
    }
    let mut counted: Vec<_> = counts.into_iter().collect();
    counted
        .sort_by_key(|(line, _)| line.find(r#""event_namespace""#).map(|at| line[at..].to_owned()));
    counted.into_iter().map(|(line, count)| format!("{count:3} x {line}\n")).collect()
}

fn replaced(
    lines: &[&str],
    mut label: impl FnMut(&'static str, &str) -> String,
) -> impl Iterator<Item = String> {
    let id = Regex::new(
        r#""(trace_id|span_id|parent_span_id|caused_by|cancelled_by)":"([0-9a-f]{16,32})""#,
    )
    .unwrap();
    let timestamp = Regex::new(r#"^\{"timestamp":"[^"]+""#).unwrap();
    let duration = Regex::new(r#""duration_ns":\d+"#).unwrap();
    lines.iter().map(move |line| {
        let line = timestamp.replace(line, r#"{"timestamp":"[timestamp]""#);
        let line = duration.replace(&line, r#""duration_ns":[duration]"#);
        let line = id.replace_all(&line, |found: &Captures<'_>| {
            let kind = if &found[1] == "trace_id" { "trace" } else { "span" };
            format!(r#""{}":"{}""#, &found[1], label(kind, &found[2]))
        });
        line.into_owned()
    })
}

#[test]
fn the_same_id_gets_the_same_label_wherever_it_stands() {
    let lines = [
        r#"{"timestamp":"2026-11-22T08:00:00.123456Z","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7"}"#,
        r#"{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"53995c3f42cd8ad8","duration_ns":7,"payload":{"cancelled_by":"00f067aa0ba902b7"}}"#,
    ];
    insta::assert_snapshot!(numbered(&lines), @r#"
    {"timestamp":"[timestamp]","trace_id":"[trace-1]","span_id":"[span-1]"}
    {"trace_id":"[trace-1]","span_id":"[span-2]","duration_ns":[duration],"payload":{"cancelled_by":"[span-1]"}}
    "#);
}

#[test]
fn the_same_span_gets_the_same_number_wherever_a_person_sees_it() {
    let text = "08:00:00.004Z ✗ failed    a 1  4.53 ms  shop #3c8602\n\
                08:00:00.005Z ✗ failed    b 1  812 µs  — same error as #3c8602  shop #bf4c3c\n";
    insta::assert_snapshot!(seen(text), @r#"
    [time] ✗ failed    a 1  [duration]  shop #[span-1]
    [time] ✗ failed    b 1  [duration]  — same error as #[span-1]  shop #[span-2]
    "#);
}
