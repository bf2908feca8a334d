//! Eight threads and a million records, through each sink and each queue.

use std::io::pipe;

use end_to_end::Tally;

use super::{Counted, Load, account_of, read_all};

const PLAN: &str = "threads=8 operations=500000";
const RECORDS: u64 = 1_000_000;
const QUEUES: [&str; 4] = ["", "queue=block:10000", "queue=newest:10000", "queue=oldest:10000"];

/// What was recorded was written or dropped, what was written is there, and what was dropped is told.
#[track_caller]
fn assert_accounted(plan: &str, counted: Counted, tally: &Tally) {
    assert!(tally.is_clean(), "{plan}: {tally:?}");
    assert_eq!(counted.recorded, RECORDS, "{plan}");
    assert_eq!(counted.written + counted.dropped, RECORDS, "{plan}: {counted:?}");
    assert_eq!(counted.queued, 0, "{plan}");
    assert_eq!(tally.records, counted.written, "{plan}");
    assert_eq!(tally.lost, counted.dropped, "{plan}");
    assert_eq!(tally.loss_records, counted.loss_records, "{plan}");
    if plan.contains("newest") || plan.contains("oldest") {
        println!("{plan}: {} of {RECORDS} dropped", counted.dropped);
    } else {
        assert_eq!(counted.dropped, 0, "{plan}");
        assert_eq!(tally.precious, RECORDS / 10, "{plan}");
    }
}

#[test]
fn a_million_records_through_a_pipe_are_there_or_counted() {
    for (number, queue) in QUEUES.iter().enumerate() {
        let style = if number % 2 == 0 { "" } else { "async" };
        let plan = format!("sink=stdout {PLAN} {queue} {style}");
        let (reader, writer) = pipe().unwrap();
        let running = Load::new(&plan).stdout(writer).start();
        let account = read_all(reader);
        let ended = running.wait();
        assert_accounted(&plan, ended.counters(), account.tally());
    }
}

#[test]
fn a_million_records_in_a_file_are_there_or_counted() {
    in_a_file("append");
}

#[test]
fn a_million_records_in_a_file_of_the_sink_are_there_or_counted() {
    in_a_file("file");
}

fn in_a_file(sink: &str) {
    for queue in QUEUES {
        let plan = format!("sink={sink}:FOLDER/log {PLAN} {queue}");
        let ended = Load::new(&plan).finish();
        let account = account_of(&ended.path("log"));
        assert_accounted(&plan, ended.counters(), account.tally());
    }
}

#[test]
fn a_million_records_in_memory_are_there_or_counted() {
    in_process("memory");
}

#[test]
fn a_million_records_to_a_callback_are_there_or_counted() {
    in_process("callback");
}

fn in_process(sink: &str) {
    for queue in QUEUES {
        let plan = format!("sink={sink} {PLAN} {queue}");
        let ended = Load::new(&plan).finish();
        let tally = serde_json::from_value(ended.report("account")["tally"].clone()).unwrap();
        assert_accounted(&plan, ended.counters(), &tally);
    }
}
