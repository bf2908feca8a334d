//! What a collector answers, and what is made of it.

use std::time::{Duration, Instant};

use tracing_invocation::{Delivery, layer};
use tracing_invocation_otlp::{Exporter, Retry};

use super::receiver::{Port, Receiver, Request, Wire};
use super::{LONG, account, bounded, exporter, quiet, recorded, succeed};

/// Records one batch of ten records and sends it to a receiver that answers so. What became of it, and what the
/// receiver was sent.
fn ten_records(
    wire: Wire,
    answers: &[&str],
    change: impl FnOnce(Exporter) -> Exporter,
) -> (Delivery, Vec<Request>) {
    let port = Port::new();
    let receiver = Receiver::start(wire, &port, answers);
    let batch = (10, LONG);
    let exporter = change(exporter(wire, &port).with_batch(batch.0, batch.1));
    let layer = layer().with_sink(quiet(exporter));
    let delivery = layer.delivery();
    recorded(layer, |_| (0..5).for_each(|_| succeed()));
    delivery.flush(LONG).unwrap();
    (delivery, receiver.stop())
}

fn counts(requests: &[Request]) -> Vec<usize> {
    requests.iter().map(|request| request.logs().len()).collect()
}

/// What the log says of the ten records, or some of them, that are missing.
fn told(requests: &[Request]) -> (String, u64) {
    let record = &requests.last().unwrap().records()[0];
    assert_eq!(record["event_name"], "delivery");
    let error = &record["payload"]["error"];
    (
        error["message"].as_str().unwrap().to_owned(),
        error["details"]["write_failed"].as_u64().unwrap(),
    )
}

#[test]
fn what_is_refused_for_good_is_not_sent_again_and_told_as_lost() {
    bounded(|| {
        for (wire, answer, message) in [
            (Wire::Http, "400", "answered 400 Bad Request: as it was told to"),
            (Wire::Http, "500", "answered 500 Internal Server Error: as it was told to"),
            (
                Wire::Http,
                "page",
                "a page was answered, and no collector has pages: correct the endpoint",
            ),
            (Wire::Grpc, "INVALID_ARGUMENT", "answered InvalidArgument: as it was told to"),
            (Wire::Grpc, "RESOURCE_EXHAUSTED", "answered ResourceExhausted: as it was told to"),
        ] {
            let (delivery, requests) = ten_records(wire, &[answer, "ok"], |exporter| exporter);
            assert_eq!(counts(&requests), [10, 1], "{answer}");
            assert_eq!(told(&requests), (format!("10 records were lost: {message}"), 10));
            let output = account(&delivery);
            assert_eq!((output.written, output.write_errors, output.loss_records), (0, 1, 1));
        }
    });
}

#[test]
fn what_a_collector_rejects_of_a_batch_is_told_as_lost() {
    bounded(|| {
        for wire in Wire::ALL {
            let (delivery, requests) = ten_records(wire, &["partial:3", "ok"], |exporter| exporter);
            assert_eq!(counts(&requests), [10, 1]);
            assert_eq!(
                told(&requests),
                ("3 records were lost: the collector rejected them: too old".to_owned(), 3)
            );
            let output = account(&delivery);
            assert_eq!((output.written, output.dropped.write_failed), (7, 3));
        }
    });
}

#[test]
fn what_is_refused_for_now_is_sent_again() {
    bounded(|| {
        for (wire, answer) in [
            (Wire::Http, "429"),
            (Wire::Http, "502"),
            (Wire::Http, "503"),
            (Wire::Http, "504"),
            (Wire::Grpc, "UNAVAILABLE"),
            (Wire::Grpc, "ABORTED"),
        ] {
            let answers = [answer, answer, "ok"];
            let (delivery, requests) = ten_records(wire, &answers, |exporter| exporter);
            assert_eq!(counts(&requests), [10, 10, 10], "{answer}");
            assert_eq!(requests[0].records(), requests[2].records());
            let output = account(&delivery);
            assert_eq!((output.written, output.write_errors), (10, 0));
        }
    });
}

#[test]
fn a_collector_that_asks_for_time_gets_it_though_somebody_waits() {
    bounded(|| {
        for (wire, answer) in [
            (Wire::Http, "429:1"),
            (Wire::Grpc, "RESOURCE_EXHAUSTED:1"),
            (Wire::Grpc, "UNAVAILABLE:1"),
        ] {
            let (delivery, requests) = ten_records(wire, &[answer, "ok"], |exporter| exporter);
            assert_eq!(counts(&requests), [10, 10], "{answer}");
            let waited = requests[1].at() - requests[0].at();
            assert!(waited >= 1.0, "{waited} s after {answer}");
            assert_eq!(account(&delivery).written, 10);
        }
    });
}

#[test]
fn a_collector_that_asks_for_more_time_than_there_is_gets_nothing_meanwhile() {
    bounded(|| {
        for (wire, answer) in [(Wire::Http, "503:3600"), (Wire::Grpc, "UNAVAILABLE:3600")] {
            let begun = Instant::now();
            let (delivery, requests) = ten_records(wire, &[answer, "ok"], |exporter| {
                let pause = LONG * 10;
                exporter.with_retry(Retry::new().with_budget(pause).with_pauses(pause, pause))
            });
            // Neither the batch nor what flushing tells of its loss waits for a time that comes too late.
            assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
            assert_eq!(counts(&requests), [10]);
            assert_eq!(account(&delivery).dropped.write_failed, 10);
        }
    });
}

#[test]
fn a_collector_that_asks_for_no_time_is_not_overrun() {
    bounded(|| {
        let budget = Duration::from_millis(300);
        for (wire, answer) in [(Wire::Http, "503:0"), (Wire::Grpc, "RESOURCE_EXHAUSTED:0.0")] {
            let (delivery, requests) = ten_records(wire, &[answer], |exporter| {
                let pause = Duration::from_millis(20);
                exporter.with_retry(Retry::new().with_budget(budget).with_pauses(pause, pause))
            });
            // A pause is 10 ms at the least. The batch has one budget, and what is told of its loss another.
            assert!((2..=70).contains(&requests.len()), "{} requests", requests.len());
            assert_eq!(account(&delivery).dropped.write_failed, 10);
        }
    });
}

#[test]
fn a_batch_is_divided_into_requests_that_are_small_enough() {
    bounded(|| {
        for wire in Wire::ALL {
            let most = 1_500;
            let (delivery, requests) =
                ten_records(wire, &[], |exporter| exporter.with_max_request_bytes(most));
            assert!(requests.len() > 1);
            assert_eq!(counts(&requests).iter().sum::<usize>(), 10);
            assert!(requests.iter().all(|request| request.sizes().0 <= most as u64));
            assert_eq!(account(&delivery).written, 10);
        }
    });
}

#[test]
fn a_collector_that_hangs_delays_neither_operations_nor_a_flush_beyond_its_deadline() {
    bounded(|| {
        for wire in Wire::ALL {
            let port = Port::new();
            let receiver = Receiver::start(wire, &port, &["hang"]);
            let layer = layer().with_sink(quiet(exporter(wire, &port).with_timeout(LONG)));
            let delivery = layer.delivery();
            recorded(layer, |_| {
                succeed();
                assert_eq!(receiver.next().logs().len(), 2);
                let begun = Instant::now();
                (0..1_000).for_each(|_| succeed());
                assert!(begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
                let begun = Instant::now();
                let deadline = Duration::from_millis(200);
                let error = delivery.flush(deadline).unwrap_err().to_string();
                let took = begun.elapsed();
                assert!((deadline..deadline + LONG / 4).contains(&took), "{took:?}");
                assert!(
                    error.ends_with("the time was over with 2002 records in the queue"),
                    "{error}"
                );
            });
        }
    });
}

#[test]
fn an_answer_that_does_not_come_in_time_is_not_waited_for() {
    bounded(|| {
        for wire in Wire::ALL {
            let (delivery, requests) = ten_records(wire, &["hang", "ok"], |exporter| {
                exporter.with_timeout(Duration::from_millis(200))
            });
            // Twice, or more often on a machine that is busy.
            assert!(requests.len() >= 2);
            assert!(requests.iter().all(|request| request.logs().len() == 10));
            assert_eq!(account(&delivery).written, 10);
        }
    });
}
