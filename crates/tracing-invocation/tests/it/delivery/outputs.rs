//! Several sinks, each with its level and its format.

use std::sync::{Arc, Mutex};

use tracing_invocation::format::Format;
use tracing_invocation::sink::{Callback, Output};
use tracing_invocation::{Delivery, Limits, Record, json, layer};

use super::{Kept, LONG, fail, recorded, succeed};

#[test]
fn every_sink_gets_the_records_of_its_level() {
    let (everything, failures) = (Kept::new(), Kept::new());
    let layer = layer()
        .with_sink(everything.clone())
        .and_sink(Output::new(failures.clone()).with_max_level(tracing::Level::ERROR));
    recorded(layer, || {
        succeed();
        fail();
    });
    assert_eq!(everything.told(), ["end invoke", "end success", "end invoke", "end failed"]);
    assert_eq!(failures.told(), ["end failed"]);
}

#[test]
fn with_sink_replaces_what_was_chosen_before() {
    let (first, second) = (Kept::new(), Kept::new());
    recorded(
        layer().with_sink(first.clone()).and_sink(first.clone()).with_sink(second.clone()),
        succeed,
    );
    assert_eq!((first.told().len(), second.told().len()), (0, 2));
}

#[test]
fn a_callback_is_given_lines_as_bytes_and_as_records() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let place = Arc::clone(&told);
    let callback = Callback::new(move |line| {
        let record = line.record()?;
        assert_eq!((line.level(), line.outcome()), (record.level, record.event_outcome));
        let read: Record = serde_json::from_slice(line.bytes())?;
        assert_eq!(read, record);
        assert_eq!(line.bytes().last(), Some(&b'\n'));
        place.lock().unwrap().push(record.event_outcome.to_string());
        Ok(())
    });
    recorded(layer().with_sink(callback), succeed);
    assert_eq!(*told.lock().unwrap(), ["invoke", "success"]);
}

#[test]
fn each_output_has_its_own_format() {
    struct Terse;
    impl Format for Terse {
        fn format(&self, record: &Record, to: &mut Vec<u8>) {
            to.extend_from_slice(format!("{}!\n", record.event_outcome).as_bytes());
        }
    }
    let text = Arc::new(Mutex::new(String::new()));
    let place = Arc::clone(&text);
    let callback = Callback::new(move |line| {
        place.lock().unwrap().push_str(std::str::from_utf8(line.bytes()).unwrap());
        assert_eq!(line.record()?.event_name, "end");
        Ok(())
    });
    let native = Kept::new();
    let layer =
        layer().with_sink(Output::new(callback).with_format(Terse)).and_sink(native.clone());
    let delivery = layer.delivery();
    recorded(layer, succeed);
    assert_eq!(*text.lock().unwrap(), "invoke!\nsuccess!\n");
    assert_eq!(native.told().len(), 2);
    assert_eq!(delivery.counters().outputs[0].bytes, "invoke!\nsuccess!\n".len() as u64);
}

#[test]
fn a_format_that_forgets_the_end_of_a_line_does_not_glue_two_together() {
    struct Endless;
    impl Format for Endless {
        fn format(&self, record: &Record, to: &mut Vec<u8>) {
            to.extend_from_slice(record.event_outcome.as_str().as_bytes());
        }
    }
    let text = Arc::new(Mutex::new(Vec::new()));
    let place = Arc::clone(&text);
    let callback = Callback::new(move |line| {
        place.lock().unwrap().extend_from_slice(line.bytes());
        Ok(())
    });
    recorded(layer().with_sink(Output::new(callback).with_format(Endless)), succeed);
    assert_eq!(*text.lock().unwrap(), b"invoke\nsuccess\n");
}

#[test]
fn no_two_outputs_have_the_same_name() {
    let outputs = [0; 3].map(|_| Kept::new());
    let [first, second, third] = outputs;
    let layer =
        layer().with_sink(first).and_sink(Output::new(second).with_name("main")).and_sink(third);
    let names = |delivery: &Delivery| -> Vec<_> {
        delivery.counters().outputs.into_iter().map(|output| output.name).collect()
    };
    let delivery = layer.delivery();
    assert_eq!(names(&delivery), ["kept", "main", "kept 2"]);
    recorded(layer, succeed);
    assert_eq!(names(&delivery), ["kept", "main", "kept 2"]);
}

#[test]
fn to_look_at_a_layer_that_has_recorded_nothing_changes_nothing() {
    let (first, second) = (Kept::new(), Kept::new());
    let layer = layer().with_sink(first.clone());
    let delivery = layer.delivery();
    assert_eq!(delivery.counters().outputs[0].written, 0);
    delivery.flush(LONG).unwrap();
    drop(layer.guard());
    recorded(layer.and_sink(second.clone()), succeed);
    assert_eq!((first.told().len(), second.told().len()), (2, 2));
}

#[test]
fn a_format_that_panics_loses_its_record_and_says_so() {
    struct Broken;
    impl Format for Broken {
        fn format(&self, record: &Record, to: &mut Vec<u8>) {
            assert_ne!(record.event_outcome.as_str(), "invoke", "broken");
            to.extend_from_slice(b"ended\n");
        }
    }
    let layer = layer().with_sink(Output::new(Kept::new()).with_format(Broken));
    let delivery = layer.delivery();
    recorded(layer, succeed);
    let output = &delivery.counters().outputs[0];
    assert_eq!((output.written, output.dropped.write_failed, output.loss_records), (1, 1, 1));
}

#[test]
fn what_is_recorded_written_shrunk_and_redacted_is_counted() {
    let kept = Kept::new();
    let limits = Limits { record: 600, ..Limits::DEFAULT };
    let layer = layer().with_limits(limits).with_sink(kept.clone());
    let delivery = layer.delivery();
    recorded(layer, || {
        let many: Vec<_> = (0..10).map(|_| "x".repeat(150)).collect();
        let span = tracing::info_span!("large", password = "hunter2", many = json(&many));
        span.in_scope(|| {});
    });
    let counters = delivery.counters();
    assert_eq!((counters.recorded, counters.truncated, counters.redacted), (2, 2, 1));
    let output = &counters.outputs[0];
    assert_eq!((output.name.as_str(), output.written, output.queued), ("kept", 2, 0));
    assert_eq!(output.dropped.total(), 0);
    assert!(kept.records().iter().all(|record| record.payload_truncated));
}
