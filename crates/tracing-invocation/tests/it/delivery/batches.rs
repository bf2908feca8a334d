//! Sinks that take several records at once, or their time.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tracing_invocation::sink::{Line, OnFailure, Output, PartialLoss, Queue, Sink};
use tracing_invocation::{Outcome, layer};

use super::super::hostile::tools::bounded;
use super::{Kept, LONG, fail, recorded, succeed};

#[test]
fn of_a_batch_that_was_taken_in_part_only_the_rest_is_lost() {
    let told = |records: &[_]| match records.len() {
        8 => Err(PartialLoss::new(3, "rejected").into()),
        _ => Ok(()),
    };
    let kept = Kept { max_batch: 8, batch_delay: LONG, ..Kept::that(told) };
    let incidents = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&incidents);
    let note = OnFailure::call(move |incident| noted.lock().unwrap().push(incident.to_string()));
    let output = Output::new(kept.clone()).with_queue(Queue::new(100)).on_failure(note);
    let layer = layer().with_sink(output);
    let delivery = layer.delivery();
    recorded(layer, || (0..4).for_each(|_| succeed()));
    delivery.flush(LONG).unwrap();

    let output = &delivery.counters().outputs[0];
    assert_eq!((output.written, output.dropped.write_failed), (5, 3));
    assert_eq!((output.write_errors, output.loss_records), (1, 1));
    assert!(output.bytes > 0);
    let lost = &kept.records()[0].payload["error"];
    assert_eq!(lost["message"], "3 records were lost: rejected");
    let incidents = incidents.lock().unwrap();
    assert_eq!(
        *incidents,
        ["kept: records are being lost: rejected", "kept: records are written again, 3 were lost"]
    );
}

/// A sink that takes several records at once, one by one, and none that failed.
struct Picky;

impl Sink for Picky {
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        match line.outcome() {
            Outcome::Failed => Err(io::Error::other("not that")),
            _ => Ok(()),
        }
    }

    fn max_batch(&self) -> usize {
        100
    }

    fn batch_delay(&self) -> Duration {
        LONG
    }
}

#[test]
fn a_record_that_is_refused_takes_none_of_its_batch_with_it() {
    let output = Output::new(Picky).with_queue(Queue::new(100)).on_failure(OnFailure::ignore());
    let layer = layer().with_sink(output);
    let delivery = layer.delivery();
    recorded(layer, || {
        fail();
        succeed();
        fail();
        succeed();
    });
    delivery.flush(LONG).unwrap();
    let output = &delivery.counters().outputs[0];
    assert_eq!((output.written, output.dropped.write_failed), (6, 2));
}

#[test]
fn a_queue_that_is_smaller_than_a_batch_is_written_when_it_is_full() {
    bounded(|| {
        let (wrote, written) = channel();
        let wrote = Mutex::new(wrote);
        let kept = Kept::that(move |records| {
            wrote.lock().unwrap().send(records.len()).map_err(io::Error::other)
        });
        let kept = Kept { max_batch: 512, batch_delay: Duration::MAX / 4, ..kept };
        let layer = layer().with_sink(Output::new(kept).with_queue(Queue::new(4)));
        recorded(layer, || {
            (0..2).for_each(|_| succeed());
            assert_eq!(written.recv().unwrap(), 4);
        });
    });
}

/// A sink that writes only while somebody waits for it.
struct Lazy {
    hurry: Sender<Option<Instant>>,
    hurried: Mutex<Receiver<Option<Instant>>>,
}

impl Sink for Lazy {
    fn write(&self, _: &Line<'_>) -> io::Result<()> {
        let until = self.hurried.lock().unwrap().recv().map_err(io::Error::other)?;
        assert!(until.unwrap() > Instant::now());
        Ok(())
    }

    fn hurry(&self, until: Option<Instant>) {
        let _ = self.hurry.send(until);
    }
}

#[test]
fn a_sink_is_told_that_somebody_waits_for_it() {
    bounded(|| {
        let (hurry, hurried) = channel();
        let lazy = Lazy { hurry, hurried: Mutex::new(hurried) };
        let layer = layer().with_sink(Output::new(lazy).with_queue(Queue::new(10)));
        let delivery = layer.delivery();
        recorded(layer, || tracing::info_span!("one").in_scope(|| {}));
        // One for each record.
        let other = delivery.clone();
        let waiting = std::thread::spawn(move || other.flush(LONG));
        delivery.flush(LONG).unwrap();
        waiting.join().unwrap().unwrap();
        let output = &delivery.counters().outputs[0];
        assert_eq!((output.written, output.write_errors), (2, 0));
    });
}

/// A sink that waits for something.
struct Stuck(Mutex<Receiver<()>>);

impl Sink for Stuck {
    fn write(&self, _: &Line<'_>) -> io::Result<()> {
        let _ = self.0.lock().unwrap().recv();
        Ok(())
    }

    fn name(&self) -> String {
        "stuck".to_owned()
    }

    fn trouble(&self) -> Option<String> {
        Some("nobody answers".to_owned())
    }
}

#[test]
fn a_flush_without_time_says_what_keeps_the_sink() {
    bounded(|| {
        let (open, gate) = channel();
        let stuck = Output::new(Stuck(Mutex::new(gate))).with_queue(Queue::new(10));
        let layer = layer().with_sink(stuck);
        let delivery = layer.delivery();
        recorded(layer, || {
            tracing::info_span!("one").in_scope(|| {});
            let error = delivery.flush(Duration::from_millis(20)).unwrap_err().to_string();
            assert_eq!(
                error,
                "stuck: the time was over with 2 records in the queue: nobody answers"
            );
        });
        drop(open);
        delivery.flush(LONG).unwrap();
    });
}
