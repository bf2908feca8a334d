//! Every way to be cancelled, on both runtimes, with stock spans and `#[operation]`, in programs that know more or less
//! of themselves.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::programs::Build;

/// A way, and the cause that is told of it: where a program knows its lines, and where it knows names alone. Where it
/// knows neither, only what needs no stack is told.
#[rustfmt::skip]
const WAYS: [(&str, &str, &str); 39] = [
    ("timeout",             "timeout",          "unspecified"),
    ("timeout_around",      "timeout",          "unspecified"),
    ("timeout_boxed",       "timeout",          "unspecified"),
    ("timeout_spawned",     "timeout",          "unspecified"),
    ("timeout_kept",        "dropped",          "unspecified"),
    ("timeout_not_due",     "dropped",          "unspecified"),
    ("timeout_of_ours",     "timeout",          "timeout"),
    ("timeout_inside",      "timeout",          "unspecified"),
    ("select",              "select",           "unspecified"),
    ("select_pinned",       "dropped",          "unspecified"),
    ("select_timeout",      "select",           "unspecified"),
    ("select_function",     "select",           "unspecified"),
    ("select_of_futures",   "dropped",          "unspecified"),
    ("select_all",          "select",           "unspecified"),
    ("try_join",            "sibling_failed",   "unspecified"),
    ("try_join_of_futures", "sibling_failed",   "unspecified"),
    ("try_join_all",        "sibling_failed",   "sibling_failed"),
    ("unwinding",           "unwinding",        "unwinding"),
    ("unwinding_elsewhere", "unwinding",        "unwinding"),
    ("abort",               "aborted",          "unspecified"),
    ("abortable",           "aborted",          "unspecified"),
    ("join_set_abort_all",  "aborted",          "unspecified"),
    // The set aborts its tasks; what is left of it when they are dropped is a task that was aborted.
    ("join_set_dropped",    "aborted",          "unspecified"),
    ("local_set_dropped",   "task_set_dropped", "unspecified"),
    ("set_dropped",         "task_set_dropped", "task_set_dropped"),
    ("set_timeout",         "timeout",          "task_set_dropped"),
    ("pool_dropped",        "task_set_dropped", "task_set_dropped"),
    ("runtime_shutdown",    "runtime_shutdown", "runtime_shutdown"),
    ("inside_operation",    "parent",           "parent"),
    ("inside_stock",        "parent",           "parent"),
    ("by_hand",             "dropped",          "unspecified"),
    ("reason",              "dropped",          "dropped"),
    ("token",               "token_cancelled",  "unspecified"),
    ("token_of_ours",       "token_cancelled",  "token_cancelled"),
    ("shutdown",            "shutdown",         "shutdown"),
    ("smol_cancelled",      "unspecified",      "unspecified"),
    ("smol_dropped",        "unspecified",      "unspecified"),
    ("smol_or",             "unspecified",      "unspecified"),
    ("executor_select",     "dropped",          "unspecified"),
];

/// What is told of it without a name on the stack.
fn without_names(way: &str) -> &'static str {
    match way {
        "timeout_of_ours" => "timeout",
        "unwinding" | "unwinding_elsewhere" => "unwinding",
        "inside_operation" => "parent",
        "reason" => "dropped",
        "token_of_ours" => "token_cancelled",
        "shutdown" => "shutdown",
        _ => "unspecified",
    }
}

#[test]
fn every_cause_is_told_as_far_as_it_is_known() {
    let mut wrong = Vec::new();
    for build in Build::ALL {
        for runtime in ["current-thread", "multi-thread"] {
            let told = by_way(build.ended(runtime));
            for (way, with_lines, with_names) in WAYS {
                let cause = match build {
                    Build::Debug | Build::Lines => with_lines,
                    Build::Names => with_names,
                    Build::Nothing => without_names(way),
                };
                for kind in ["stock", "operated"] {
                    let record = told.get(&(way.to_owned(), kind.to_owned()));
                    let faults = record.map_or_else(
                        || vec!["no record".to_owned()],
                        |record| faults(record, (build, runtime), way, kind, cause),
                    );
                    let place = format!("{build:?} {runtime} {kind} {way}");
                    wrong.extend(faults.into_iter().map(|fault| format!("{place}: {fault}")));
                }
            }
            assert_eq!(told.keys().filter(|(way, _)| way != "outer").count(), 2 * WAYS.len());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn by_way(records: Vec<Value>) -> BTreeMap<(String, String), Value> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keyed = |record: Value| ((text(&record["entity_id"]), text(&record["event_name"])), record);
    records.into_iter().map(keyed).collect()
}

/// What is wrong with a record of an operation that was cancelled in this way.
fn faults(
    record: &Value,
    (build, runtime): (Build, &str),
    way: &str,
    kind: &str,
    cause: &str,
) -> Vec<String> {
    let mut faults = Vec::new();
    let told = &record["payload"]["cancellation"];
    if told["cause"] != cause {
        faults.push(format!("{cause} expected: {told}"));
    }
    if way.starts_with("inside_") && build.has_lines() && told["parent_cause"] != "timeout" {
        faults.push(format!("the parent timed out: {told}"));
    }
    let dropped_at = told["dropped_at"].as_str();
    let waits: Vec<_> = told["awaiting"].as_array().into_iter().flatten().collect();
    if build.has_lines() {
        // A runtime of several threads has its workers drop its tasks.
        let is_elsewhere = (runtime, way) == ("multi-thread", "runtime_shutdown");
        let place = marked(&format!("drops {way}")).filter(|_| !is_elsewhere);
        if ends_at(dropped_at) != place {
            faults.push(format!("dropped elsewhere: {told}"));
        }
        if kind == "operated" {
            let chain = waits.first().map(|wait| &wait["chain"]);
            let leaf = chain.and_then(|chain| chain.as_array()?.last()?.as_str());
            if waits.len() != 1
                || waits[0]["on"] != "tokio::sync::Mutex::lock"
                || ends_at(leaf) != marked("waits")
            {
                faults.push(format!("waits elsewhere: {told}"));
            }
        }
    }
    if build == Build::Names && kind == "operated" {
        let leaf = &serde_json::json!([{"on": "tokio::sync::Mutex::lock", "chain": ["cancels::operated"]}]);
        if &told["awaiting"] != leaf {
            faults.push(format!("waits elsewhere: {told}"));
        }
    }
    if build == Build::Nothing && (dropped_at.is_some() || !waits.is_empty()) {
        faults.push(format!("nothing can be known: {told}"));
    }
    if kind == "stock" && !waits.is_empty() {
        faults.push(format!("nothing was noted: {told}"));
    }
    faults
}

/// The line at the end of a place.
fn ends_at(place: Option<&str>) -> Option<usize> {
    let (_, line) = place?.trim_end_matches(')').rsplit_once("why-tests/src/bin/cancels.rs:")?;
    line.parse().ok()
}

/// The line of the program that bears this mark, or that stands below it.
fn marked(mark: &str) -> Option<usize> {
    let source = include_str!("../../src/bin/cancels.rs");
    let mark = format!("// {mark}");
    let lines = source.lines().enumerate();
    let (at, line) = lines.filter(|(_, line)| line.ends_with(&mark)).last()?;
    let is_alone = line.trim() == mark;
    Some(at + 1 + usize::from(is_alone))
}
