//! `invocations` over a log of 1 GB.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use end_to_end::{invocations, python, tool};
use serde_json::{Value, json};
use tracing_invocation::{Level, Outcome, Record, SpanId, TraceId};

/// How many calls there are before they repeat, and how often they do.
const CALLS: u64 = 20_000;
const REPEATED: u64 = 80;

/// How many calls are open at once.
const OPEN: usize = 100;

/// KiB of memory that the reader may use at the most: a small part of the log.
const MEMORY: u64 = 60_000;

/// Runs a command, and prints the most memory that it used.
const MEASURE: &str = "import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

fn record(call: u64, outcome: Outcome, payload: Value) -> Record {
    let after = (outcome != Outcome::Invoke).then(|| 1_000_000 + call * 997 % 90_000_000);
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_795_200);
    let Value::Object(payload) = payload else { unreachable!("a payload is an object") };
    Record {
        timestamp: began
            + Duration::from_micros(call * 170)
            + Duration::from_nanos(after.unwrap_or(0)),
        level: if outcome == Outcome::Failed { Level::Error } else { Level::Debug },
        event_namespace: "shop::orders".to_owned(),
        event_name: ["add", "charge", "deliver", "find", "reserve", "send"][(call % 6) as usize]
            .to_owned(),
        event_outcome: outcome,
        entity_id: Some(format!("order-{}", call % 977)),
        trace_id: TraceId::new(u128::from(call + 1) << 64 | 7).unwrap(),
        span_id: SpanId::new(call + 1).unwrap(),
        parent_span_id: None,
        duration_ns: after,
        payload_truncated: false,
        payload,
    }
}

fn end(call: u64) -> Record {
    let context = json!({ "customer": call % 991, "region": "eu-west-1", "result": { "id": call, "state": "done" } });
    match call % 20 {
        0 => {
            let error = json!({ "type": "Declined", "message": "no funds", "sources": ["the gateway answered 402"] });
            record(call, Outcome::Failed, json!({ "error": error }))
        }
        1 => {
            let error = json!({ "type": "cancelled", "message": "dropped before completion" });
            let cancellation =
                json!({ "cause": "timeout", "dropped_at": "shop::serve (src/main.rs:120)" });
            record(
                call,
                Outcome::Cancelled,
                json!({ "cancelled": true, "error": error, "cancellation": cancellation }),
            )
        }
        _ => record(call, Outcome::Success, context),
    }
}

/// Writes the log, and returns its size.
fn write(path: &Path) -> u64 {
    let mut lines = Vec::new();
    let mut push = |record: &Record| {
        serde_json::to_writer(&mut lines, record).unwrap();
        lines.push(b'\n');
    };
    let mut open = std::collections::VecDeque::new();
    for call in 0..CALLS {
        push(&record(
            call,
            Outcome::Invoke,
            json!({ "args": { "quantity": 3, "note": "to the back door" }, "customer": call % 991 }),
        ));
        open.push_back(call);
        if open.len() > OPEN {
            push(&end(open.pop_front().unwrap()));
        }
    }
    open.into_iter().for_each(|call| push(&end(call)));
    let mut file = File::create(path).unwrap();
    (0..REPEATED).for_each(|_| file.write_all(&lines).unwrap());
    file.metadata().unwrap().len()
}

/// How long a command takes, and what it prints.
fn timed(command: &mut Command) -> (Duration, String) {
    let begun = Instant::now();
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let took = begun.elapsed();
    assert!(output.status.success(), "{command:?}");
    (took, String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_gigabyte_is_counted_in_little_memory_ten_times_as_fast_as_jq_copies_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    let size = write(&log);
    assert!(size > 1_000_000_000, "{size}");

    let stats = || timed(Command::new(invocations()).args(["stats", "--format", "csv"]).arg(&log));
    let (ours, counted) = (0..5).map(|_| stats()).min_by_key(|(took, _)| *took).unwrap();
    let (theirs, _) = timed(tool("jq").args(["-c", "."]).arg(&log).stdout(Stdio::null()));

    let column = |at: usize| -> u64 {
        counted
            .lines()
            .skip(1)
            .map(|row| row.split(',').nth(at).unwrap().parse::<u64>().unwrap())
            .sum()
    };
    assert_eq!(
        [column(2), column(4), column(5), column(7)],
        [CALLS, CALLS / 20, CALLS / 20, 0].map(|n| n * REPEATED)
    );
    let mut measured = python();
    measured.args(["-c", MEASURE]).arg(invocations()).args(["stats", "--format", "csv"]).arg(&log);
    let peak: u64 = timed(&mut measured).1.trim().parse().unwrap();
    assert!(peak < MEMORY, "{peak} KiB");

    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    eprintln!(
        "stats {ours:.2?}, jq {theirs:.2?}: {ratio:.1} times as fast, over {size} bytes, in {peak} KiB"
    );
    assert!(ratio >= 10.0, "{ratio:.1} times as fast as jq");
}
