//! Several processes write to one pipe, or one file.

use std::io::pipe;

use super::{Counted, Load, account_of, read_all};

const CHILDREN: u64 = 4;

/// The load of a parent and its children, two threads each.
fn plan(sink: &str, record: usize, operations: usize) -> String {
    let text = record + record / 4;
    format!(
        "sink={sink} children={CHILDREN} threads=2 operations={operations} record={record} text={text}"
    )
}

/// What a parent and its children wrote, all together.
fn written(ended: &super::Ended) -> u64 {
    let child = |number| Counted::of(&ended.report(&format!("{number}.account"))["counters"]);
    let counted = (0..CHILDREN).map(child).chain([ended.counters()]);
    counted
        .map(|counted| {
            assert_eq!((counted.recorded, counted.dropped), (counted.written, 0));
            counted.written
        })
        .sum()
}

#[test]
fn records_that_fit_a_pipe_are_not_mixed_by_the_processes_that_share_it() {
    let (reader, writer) = pipe().unwrap();
    let running = Load::new(&plan("stdout", 4_096, 2_000)).stdout(writer).start();
    let account = read_all(reader);
    let ended = running.wait();
    let tally = account.tally();
    assert!(tally.is_clean(), "{tally:?}");
    assert_eq!(tally.records, written(&ended));
    assert!((4_080..=4_096).contains(&tally.longest), "{tally:?}");
}

#[test]
fn records_of_any_length_are_not_mixed_by_the_processes_that_append_to_one_file() {
    for record in [4_096, 16_000] {
        let ended = Load::new(&plan("append:FOLDER/log", record, 2_000)).finish();
        let account = account_of(&ended.path("log"));
        let tally = account.tally();
        assert!(tally.is_clean(), "{record}: {tally:?}");
        assert_eq!(tally.records, written(&ended));
        assert!((record - 16..=record).contains(&tally.longest), "{tally:?}");
    }
}

#[test]
fn records_that_do_not_fit_a_pipe_may_be_mixed_by_the_processes_that_share_it() {
    let (reader, writer) = pipe().unwrap();
    let running = Load::new(&plan("stdout", 16_000, 2_000)).stdout(writer).start();
    let account = read_all(reader);
    let ended = running.wait();
    let (tally, written) = (account.tally(), written(&ended));
    println!("{} lines torn, {} of {written} records whole", tally.torn, tally.records);
    assert!(tally.torn > 0, "then the limit may be higher: {tally:?}");
}
