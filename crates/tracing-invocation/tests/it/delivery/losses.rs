//! What is lost is counted, told at once to who asked for that, and told in the log.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tracing_invocation::sink::{Callback, OnFailure, Output};
use tracing_invocation::{InvocationLayer, Level, layer};

use super::{Kept, LONG, fail, recorded, succeed, tell};

/// A sink that fails for as long as the switch is on.
fn switched() -> (Kept, Arc<AtomicBool>) {
    let is_broken = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&is_broken);
    let kept = Kept::that(move |_| match switch.load(Ordering::Relaxed) {
        true => Err(io::Error::other("disk full")),
        false => Ok(()),
    });
    (kept, is_broken)
}

fn layer_of(output: Output) -> InvocationLayer {
    layer().with_sink(output)
}

#[test]
fn the_log_itself_says_how_many_records_are_missing_and_since_when() {
    let (kept, is_broken) = switched();
    let layer =
        layer_of(Output::new(kept.clone()).with_name("main").on_failure(OnFailure::ignore()));
    let delivery = layer.delivery();
    recorded(layer, || {
        succeed();
        is_broken.store(true, Ordering::Relaxed);
        (0..3).for_each(|_| fail());
        is_broken.store(false, Ordering::Relaxed);
        succeed();
    });
    let records = kept.records();
    let told: Vec<_> = records.iter().map(tell).collect();
    assert_eq!(told, ["end invoke", "end success", "delivery failed", "end invoke", "end success"]);
    let lost = &records[2];
    assert_eq!((lost.event_namespace.as_str(), lost.level), ("tracing_invocation", Level::Error));
    let error = &lost.payload["error"];
    assert_eq!(error["type"], "records_lost");
    assert_eq!(error["message"], "6 records were lost: disk full");
    let details = &error["details"];
    assert_eq!((&details["output"], &details["lost"]), (&"main".into(), &6.into()));
    assert_eq!((&details["write_failed"], &details["queue_full"]), (&6.into(), &0.into()));
    let at = |key: &str| humantime::parse_rfc3339(details[key].as_str().unwrap()).unwrap();
    assert!(records[1].timestamp <= at("since") && at("since") <= at("until"));
    assert!(at("until") <= records[3].timestamp);

    let counters = delivery.counters();
    let output = &counters.outputs[0];
    assert_eq!(counters.recorded, output.written + output.dropped.total());
    assert_eq!((output.dropped.write_failed, output.loss_records), (6, 1));
}

#[test]
fn losses_that_come_and_go_are_told_once_a_second_and_when_flushed() {
    let (kept, is_broken) = switched();
    let layer = layer_of(Output::new(kept.clone()).on_failure(OnFailure::ignore()));
    let delivery = layer.delivery();
    recorded(layer, || {
        for _ in 0..5 {
            is_broken.store(true, Ordering::Relaxed);
            fail();
            is_broken.store(false, Ordering::Relaxed);
            succeed();
        }
    });
    let told_of = |kept: &Kept| -> Vec<u64> {
        let lost = |record: &tracing_invocation::Record| {
            record.payload.get("error")?.get("details")?["lost"].as_u64()
        };
        kept.records().iter().filter_map(lost).collect()
    };
    let before = told_of(&kept).iter().sum::<u64>();
    assert!(before < 10, "the first is told, and not each of them at once");
    delivery.flush(LONG).unwrap();
    assert_eq!(told_of(&kept).iter().sum::<u64>(), 10);
}

#[test]
fn a_function_is_told_when_losing_begins_and_when_it_is_over() {
    let (kept, is_broken) = switched();
    let told = Arc::new(Mutex::new(Vec::new()));
    let place = Arc::clone(&told);
    let on_failure = OnFailure::call(move |incident| {
        place.lock().unwrap().push(incident.to_string());
        tracing::info_span!("not recorded").in_scope(|| {});
        panic!("and goes no further");
    });
    is_broken.store(true, Ordering::Relaxed);
    let switch = Arc::clone(&is_broken);
    recorded(layer_of(Output::new(kept.clone()).on_failure(on_failure)), || {
        fail();
        fail();
        switch.store(false, Ordering::Relaxed);
        succeed();
    });
    assert_eq!(
        *told.lock().unwrap(),
        ["kept: records are being lost: disk full", "kept: records are written again, 4 were lost",]
    );
    assert_eq!(kept.told(), ["delivery failed", "end invoke", "end success"]);
}

#[test]
fn a_sink_that_refuses_the_record_about_losses_still_gets_the_others() {
    let kept = Kept::that(|records| match &*records[0].event_name {
        "delivery" => Err(io::Error::other("what is that?")),
        _ if records[0].event_outcome.as_str() == "invoke" => Err(io::Error::other("no")),
        _ => Ok(()),
    });
    let layer = layer_of(Output::new(kept.clone()).on_failure(OnFailure::ignore()));
    let delivery = layer.delivery();
    recorded(layer, || {
        succeed();
        fail();
    });
    assert_eq!(kept.told(), ["end success", "end failed"]);
    let output = &delivery.counters().outputs[0];
    assert_eq!((output.dropped.write_failed, output.loss_records), (2, 0));
    assert!(output.write_errors >= 3);
}

#[test]
fn what_a_sink_says_is_told_like_any_other_message() {
    let hostile = format!("\u{1b}[2J\0 https://ann:secret@host/ {}", "x".repeat(100_000));
    let (sent, told) = std::sync::mpsc::channel();
    let refuses = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&refuses);
    let callback = Callback::new(move |line| {
        if switch.load(Ordering::Relaxed) {
            return Err(io::Error::other(hostile.clone()));
        }
        sent.send(line.bytes().to_vec()).map_err(io::Error::other)
    });
    recorded(layer_of(Output::new(callback).on_failure(OnFailure::ignore())), || {
        fail();
        refuses.store(false, Ordering::Relaxed);
        succeed();
    });
    let line = String::from_utf8(told.recv().unwrap()).unwrap();
    assert!(line.len() < 2_000, "{}", line.len());
    assert!(line.trim_end().chars().all(|c| !c.is_control()), "{line}");
    assert!(
        line.contains("2 records were lost: \\u001b[2J\u{FFFD} https://<redacted>@host/ xxx"),
        "{line}"
    );
}

#[test]
fn one_output_that_fails_is_no_matter_to_the_other() {
    let (kept, is_broken) = switched();
    is_broken.store(true, Ordering::Relaxed);
    let other = Kept::new();
    let broken = Output::new(kept.clone()).on_failure(OnFailure::ignore());
    recorded(layer_of(broken).and_sink(other.clone()), succeed);
    assert_eq!((kept.told().len(), other.told().len()), (0, 2));
}
