//! A reader that stalls, a disk that is slow.

use std::io::{PipeReader, Write as _, pipe};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use rustix::pipe::fcntl_getpipe_size;
use serde_json::Value;
use tracing::info_span;
use tracing_invocation::layer;
use tracing_invocation::sink::{Callback, OnFailure, Output, Queue};
use tracing_subscriber::prelude::*;

use super::{Counted, Load, Running, read_all};

const STALL: Duration = Duration::from_secs(5);

fn nanoseconds(times: &Value, key: &str) -> Duration {
    Duration::from_nanos(times[key].as_u64().unwrap())
}

/// Starts a load whose reader does not read.
fn unread(plan: &str) -> (Running, PipeReader, Instant) {
    let (reader, writer) = pipe().unwrap();
    let running = Load::new(plan).stdout(writer).stderr_kept().start();
    (running, reader, Instant::now())
}

/// What stderr says: once that records are being lost, and once that this is over and how many it were. It may have begun
/// before the reader stalled, where a thread did not get its turn.
#[track_caller]
fn assert_told(stderr: &str, counted: Counted) {
    let mut told = stderr.lines();
    let (mut lost, mut times) = (0, 0);
    while let Some(begins) = told.next() {
        assert!(begins.ends_with("records are being lost: the queue is full"), "{stderr}");
        let over = told.next().unwrap_or_else(|| panic!("it is not over: {stderr}"));
        let (_, over) = over.split_once("records are written again, ").unwrap();
        lost += over.trim_end_matches(" were lost").parse::<u64>().unwrap();
        times += 1;
    }
    assert_eq!((lost, times), (counted.dropped, counted.loss_records), "{stderr}");
}

#[test]
fn a_reader_that_stalls_delays_no_operation_where_records_may_be_dropped() {
    let stalled = |when_full: &str| {
        let plan = format!("sink=stdout queue={when_full}:1000 operations=100000");
        let (mut running, reader, began) = unread(&plan);
        let times = running.report("times");
        thread::sleep(STALL.saturating_sub(began.elapsed()));
        assert!(!running.has_report("account"), "it waits for its log to be written");
        let account = read_all(reader);
        let ended = running.wait();
        assert!(ended.status.success());
        let counted = ended.counters();
        println!("{when_full}: {times}, {counted:?}");
        assert!(nanoseconds(&times, "p999_ns") < STALL / 10, "{times}");
        assert!(nanoseconds(&times, "max_ns") < STALL / 2, "{times}");
        assert_eq!((counted.recorded, counted.queued), (200_000, 0));
        assert_eq!(counted.written + counted.dropped, counted.recorded);
        let tally = account.tally();
        assert!(tally.is_clean(), "{tally:?}");
        assert_eq!((tally.records, tally.lost), (counted.written, counted.dropped));
        assert_told(&ended.stderr(), counted);
    };
    thread::scope(|scope| {
        scope.spawn(|| stalled("newest"));
        scope.spawn(|| stalled("oldest"));
    });
}

#[test]
fn a_reader_that_stalls_stalls_the_program_where_nothing_may_be_dropped() {
    let stalled = |plan: &'static str| {
        move || {
            let (running, reader, began) = unread(plan);
            thread::sleep(STALL.saturating_sub(began.elapsed()));
            assert!(!running.has_report("times"), "{plan}");
            let account = read_all(reader);
            let ended = running.wait();
            assert!(nanoseconds(&ended.report("times"), "max_ns") > STALL / 2, "{plan}");
            let counted = ended.counters();
            assert_eq!((counted.written, counted.dropped), (20_000, 0), "{plan}");
            assert!(account.tally().is_clean());
            assert_eq!(account.tally().records, 20_000, "{plan}");
        }
    };
    thread::scope(|scope| {
        scope.spawn(stalled("sink=stdout operations=10000"));
        scope.spawn(stalled("sink=stdout operations=10000 queue=block:1000"));
    });
}

#[test]
fn a_reader_of_both_stdout_and_stderr_that_stalls_delays_nobody() {
    let (reader, mut writer) = pipe().unwrap();
    // Full, so that not even a short text goes in.
    writer.write_all(&vec![b'-'; fcntl_getpipe_size(&writer).unwrap()]).unwrap();
    let mut load = Load::new("sink=stdout queue=newest:1000 operations=20000 deadline_ms=200");
    load.command.stderr(writer.try_clone().unwrap());
    let mut running = load.stdout(writer).start();
    let times = running.report("times");
    println!("{times}");
    assert!(nanoseconds(&times, "p999_ns") < STALL / 10, "{times}");
    assert!(nanoseconds(&times, "max_ns") < STALL / 2, "{times}");
    // It cannot say that its log was not flushed either, and ends nevertheless.
    let ended = running.wait();
    assert!(ended.status.success(), "{}", ended.status);
    drop(reader);
}

#[test]
fn the_memory_of_a_program_whose_reader_stalls_stays_as_it_is() {
    let plan = "sink=stdout queue=oldest:10000 operations=1000000 deadline_ms=1";
    let (mut running, reader, _) = unread(plan);
    let times = running.report("times");
    println!("{times}");
    let kilobytes = |key: &str| times[key].as_u64().unwrap();
    // Of these, eight megabytes are the program's own account of its times.
    assert!(kilobytes("memory_kb") < kilobytes("early_memory_kb") + 16 * 1024, "{times}");
    let ended = running.wait();
    let counted = Counted::of(&ended.report("account")["counters"]);
    assert_eq!(counted.recorded, 2_000_000);
    assert_eq!(counted.written + counted.dropped + counted.queued, counted.recorded);
    drop(reader);
}

/// How long operations took with this output: of a thousand, all but one; and the longest.
fn measured(output: Output) -> (Duration, Duration, Duration) {
    const OPERATIONS: usize = 20_000;
    let subscriber = tracing_subscriber::registry().with(layer().with_sink(output));
    let mut times = Vec::with_capacity(OPERATIONS);
    tracing::subscriber::with_default(subscriber, || {
        for number in 0..OPERATIONS {
            let began = Instant::now();
            info_span!("operation", number).in_scope(|| {});
            times.push(began.elapsed());
        }
    });
    times.sort_unstable();
    (times[OPERATIONS / 2], times[OPERATIONS - OPERATIONS / 1_000], times[OPERATIONS - 1])
}

#[test]
fn a_slow_sink_delays_no_operation() {
    const SLOW: Duration = Duration::from_secs(2);
    let (end, ended) = channel::<()>();
    let ended = Mutex::new(ended);
    let slow_sink = Callback::new(move |_| {
        // So long for each record, until the test is over.
        let _ = ended.lock().unwrap().recv_timeout(SLOW);
        Ok(())
    });
    let queue = Queue::new(1_000);
    let of = |output: Output| measured(output.with_queue(queue).on_failure(OnFailure::ignore()));
    let idle = of(Output::new(Callback::new(|_| Ok(()))));
    let slow = of(Output::new(slow_sink));
    drop(end);
    println!("p50, p99.9 and longest: {idle:?} with an idle sink, {slow:?} with a slow one");
    assert!(slow.1 < SLOW / 10, "{slow:?}, with an idle sink {idle:?}");
}
