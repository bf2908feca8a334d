//! What takes longer than it should.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use serde_json::json;
use tracing_core::LevelFilter;
use tracing_invocation::sink::{Callback, Line, Output};
use tracing_invocation::{EventMetadata, Level, Levels, Sampling, layer};
use tracing_subscriber::filter::Targets;

use super::*;
use crate::support::{capture, story};

fn with_limit(millis: u32) -> Captured {
    captured(|layer| layer.with_capture(Capture::none().with_slow_poll(MS * millis)))
}

fn expecting(pattern: &str, millis: u32) -> Captured {
    captured(|layer| layer.with_expected(pattern, MS * millis).unwrap())
}

#[test]
fn a_poll_above_the_limit_is_told_when_it_ends() {
    let captured = with_limit(10);
    let log = &captured.log;
    let mut run = Box::pin(
        async {
            log.advance(MS * 50);
            tokio::task::yield_now().await;
            log.advance(MS * 9);
            tokio::task::yield_now().await;
            log.advance(MS * 30);
        }
        .operation(info_span!("run", city = "Bern")),
    );
    poll(log, &mut run, 3, 1);
    assert_eq!(story(log), ["run invoke", "run slow", "run slow", "run success"]);
    let [_, first, second, _] = &log.records()[..] else { unreachable!() };
    assert_eq!((first.level, first.duration_ns), (Level::Warn, Some(51 * MS_NS)));
    assert_eq!(first.payload["slow"], json!({"poll_ns": 51 * MS_NS, "limit_ns": 10 * MS_NS}));
    assert_eq!(first.payload["city"], "Bern");
    assert_eq!(second.payload["slow"]["poll_ns"], 30 * MS_NS);
    log.assert_every_invoke_ended_once();
}

#[test]
fn so_is_a_stay_in_a_stock_span_and_a_synchronous_operation() {
    #[operation]
    fn compute(log: &Log) {
        log.advance(MS * 20);
    }
    let captured = with_limit(10);
    let log = &captured.log;
    compute(log);
    info_span!("stock").in_scope(|| log.advance(MS * 20));
    assert_eq!(
        story(log),
        [
            "compute invoke",
            "compute slow",
            "compute success",
            "stock invoke",
            "stock slow",
            "stock unknown"
        ]
    );
}

#[test]
fn a_limit_asks_for_no_progress() {
    let captured = with_limit(10);
    begin(info_span!("run")).complete();
    assert_eq!(progress_or_none(&captured.log, "run"), None);
}

#[test]
fn an_operation_that_takes_longer_than_expected_is_told_once_while_it_is_open() {
    let captured = expecting("*.run", 100);
    let log = &captured.log;
    let run = begin(info_span!("run"));
    let other = begin(info_span!("other"));
    log.advance(MS * 90);
    assert_eq!(captured.in_flight.tell_slow(), 0);
    log.advance(MS * 60);
    assert_eq!(captured.in_flight.tell_slow(), 1);
    log.advance(MS * 600);
    assert_eq!(captured.in_flight.tell_slow(), 0);
    run.complete();
    other.complete();
    assert_eq!(
        story(log),
        ["run invoke", "other invoke", "run slow", "run success", "other success"]
    );
    let slow = only(log, "run", Outcome::Slow);
    let age = slow.duration_ns.unwrap();
    assert_eq!(slow.payload["slow"], json!({"expected_ns": 100 * MS_NS, "age_ns": age}));
    log.assert_every_invoke_ended_once();
}

#[test]
fn what_has_ended_is_not_told_of() {
    let captured = expecting("*", 100);
    begin(info_span!("run")).complete();
    captured.log.advance(MS * 200);
    assert_eq!(captured.in_flight.tell_slow(), 0);
}

#[test]
fn the_first_pattern_that_matches_decides() {
    let captured = captured(|layer| {
        let layer = layer.with_expected("*.sl?w", MS * 500).unwrap();
        layer.with_expected("*", MS * 100).unwrap()
    });
    let spans = [info_span!("slow"), info_span!("x", invocation.name = "slow"), info_span!("y")];
    let open = spans.map(begin);
    captured.log.advance(MS * 200);
    assert_eq!(captured.in_flight.tell_slow(), 1);
    captured.log.advance(MS * 400);
    assert_eq!(captured.in_flight.tell_slow(), 2);
    drop(open);
}

/// How many `slow` records there are of an operation that is open for `millis`.
fn slow_after(captured: &Captured, millis: u32) -> usize {
    let open = begin(info_span!("run"));
    captured.log.advance(MS * millis);
    let told = captured.in_flight.tell_slow();
    open.complete();
    told
}

#[test]
fn a_pattern_given_again_changes_its_expectation_in_its_place() {
    let captured = captured(|layer| {
        let layer = layer.with_expected("*.run", MS * 1_000).unwrap();
        layer.with_expected("*", MS * 5_000).unwrap()
    });
    let expect = |pattern, millis| {
        captured.handle.update(|settings| settings.with_expected(pattern, MS * millis).unwrap());
    };
    assert_eq!(slow_after(&captured, 100), 0);
    expect("*.run", 50);
    assert_eq!(slow_after(&captured, 100), 1, "shorter");
    expect("*", 10);
    assert_eq!(slow_after(&captured, 40), 0, "the first that matches still decides");
    expect(" *.run ", 1_000);
    assert_eq!(slow_after(&captured, 100), 0, "longer; white space around it does not count");
}

#[test]
fn an_expectation_is_removed_while_the_program_runs() {
    let captured = captured(|layer| {
        let layer = layer.with_expected("*.run", MS * 10).unwrap();
        layer.with_expected("*", MS * 50).unwrap()
    });
    let remove = |pattern| captured.handle.update(|settings| settings.without_expected(pattern));
    let before = begin(info_span!("run"));
    remove("*.run");
    assert_eq!(slow_after(&captured, 40), 1, "the one that was invoked before keeps its own");
    before.complete();
    assert_eq!(slow_after(&captured, 60), 1, "the next pattern decides");
    remove("*.other");
    remove("*");
    assert_eq!(slow_after(&captured, 10_000), 0);
    captured.log.assert_every_invoke_ended_once();
}

#[test]
fn expectations_do_not_pile_up_however_often_they_are_updated() {
    let captured = expecting("*.run", 10);
    for millis in 0..10_000 {
        captured
            .handle
            .update(|settings| settings.with_expected("*.run", MS * (millis % 20)).unwrap());
    }
    let settings = format!("{:?}", captured.handle.settings());
    assert_eq!(settings.matches("*.run").count(), 1, "{settings}");
}

#[test]
fn a_pattern_that_is_none_is_refused() {
    let refused = |pattern| layer().with_expected(pattern, MS).unwrap_err().to_string();
    assert!(refused("").contains("empty"), "{}", refused(""));
    assert!(refused("[z-a]").contains("[z-a]"), "{}", refused("[z-a]"));
}

#[test]
fn its_level_is_the_layers_or_the_operations_own_and_a_threshold_holds() {
    #[operation(levels(slow = "error"))]
    fn loud(log: &Log) {
        log.advance(MS * 20);
    }
    #[operation]
    fn plain(log: &Log) {
        log.advance(MS * 20);
    }
    let slow = Capture::none().with_slow_poll(MS * 10);
    let captured = captured(|layer| {
        layer
            .with_capture(slow)
            .with_levels(Levels { slow: Level::Info, ..Levels::DEFAULT })
            .with_record_threshold(Targets::new().with_default(LevelFilter::WARN))
    });
    loud(&captured.log);
    plain(&captured.log);
    assert_eq!(story(&captured.log), ["loud slow"]);
    assert_eq!(captured.log.records()[0].level, Level::Error);
    captured.log.clear();
}

#[test]
fn a_refused_operation_is_not_told_of() {
    let captured = captured(|layer| {
        layer
            .with_capture(Capture::none().with_slow_poll(MS).with_progress())
            .with_expected("*", MS)
            .unwrap()
            .with_policy(|_: &EventMetadata<'_>| false)
    });
    let run = begin(info_span!("run"));
    run.span().in_scope(|| captured.log.advance(MS * 20));
    assert_eq!(captured.in_flight.tell_slow(), 0);
    assert_eq!(captured.in_flight.operations(), []);
    run.complete();
    assert_eq!(story(&captured.log), [""; 0]);
}

#[test]
fn what_sampling_left_out_is_kept_from_its_invoke_on() {
    let none = Sampling::default().keep_one_in_of_others(u64::MAX).unwrap();
    let captured = captured(|layer| {
        layer
            .with_capture(Capture::none().with_slow_poll(MS * 10))
            .with_expected("*.open", MS * 10)
            .unwrap()
            .with_sampling(none)
    });
    let log = &captured.log;
    let quick = info_span!("quick", invocation.evidence = "ret");
    quick.in_scope(|| {});
    quick.in_scope(|| {});
    drop(quick);
    info_span!("slow").in_scope(|| log.advance(MS * 20));
    let open = begin(info_span!("open"));
    log.advance(MS * 20);
    captured.in_flight.tell_slow();
    open.complete();
    assert_eq!(
        story(log)[2..],
        ["slow invoke", "slow slow", "slow unknown", "open invoke", "open slow", "open success"]
    );
    log.assert_every_invoke_ended_once();
}

#[test]
fn a_context_formatter_shapes_it() {
    let captured = captured(|layer| {
        layer.with_capture(Capture::none().with_slow_poll(MS * 10)).with_context_formatter(
            |fields| {
                let outcome = fields.event_outcome.to_string();
                Some([("outcome".to_owned(), outcome.into())].into_iter().collect())
            },
        )
    });
    info_span!("run").in_scope(|| captured.log.advance(MS * 20));
    let begun = begin(info_span!("open"));
    begun.span().in_scope(|| captured.log.advance(MS * 20));
    begun.complete();
    for record in captured.log.records() {
        assert_eq!(record.payload["outcome"], record.event_outcome.as_str());
    }
    assert_eq!(story(&captured.log).iter().filter(|told| told.ends_with("slow")).count(), 2);
}

/// Gives each line of a `slow` record to `at_slow` before it is noted.
fn held(at_slow: impl Fn() + Send + Sync + 'static) -> (Arc<Mutex<Vec<String>>>, Output) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&lines);
    let sink = Callback::new(move |line: &Line<'_>| {
        let line = String::from_utf8_lossy(line.bytes()).trim_end().to_owned();
        if line.contains(r#""event_outcome":"slow""#) {
            at_slow();
        }
        noted.lock().unwrap().push(line);
        Ok(())
    });
    (lines, Output::new(sink))
}

/// The watchdog is held up in the sink while the operation ends: by evidence, and by the closing of its span.
#[test]
fn an_operation_that_ends_while_it_is_told_of_ends_behind_it() {
    let (reached, is_reached) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let (reached, goes_on) = (Mutex::new(reached), Mutex::new(goes_on));
    let (lines, output) = held(move || {
        reached.lock().unwrap().send(()).unwrap();
        goes_on.lock().unwrap().recv().unwrap();
    });
    let log = Log::new();
    let layer = log.layer().with_sink(output).with_expected("*", MS).unwrap();
    let in_flight = layer.in_flight();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let ends: [fn(tracing::Span); 2] =
        [|span| tracing_invocation::begin(span).complete(), |span| span.in_scope(|| {})];
    for end in ends {
        lines.lock().unwrap().clear();
        let span = info_span!("run", invocation.name = "run");
        span.in_scope(|| {});
        log.advance(MS * 10);
        let watchdog = in_flight.clone();
        let told = thread::spawn(move || watchdog.tell_slow());
        is_reached.recv().unwrap();
        end(span);
        assert_eq!(lines.lock().unwrap().len(), 1, "nothing is written out of turn");
        go_on.send(()).unwrap();
        assert_eq!(told.join().unwrap(), 1);
        let lines = lines.lock().unwrap().join("\n");
        let outcomes: Vec<_> = lines.lines().map(outcome_of).collect();
        assert_eq!(outcomes[..2], ["invoke", "slow"]);
        assert_eq!(outcomes.len(), 3, "{lines}");
        assert!(in_flight.operations().is_empty());
    }
}

fn outcome_of(line: &str) -> String {
    let record: Value = serde_json::from_str(line).unwrap();
    record["event_outcome"].as_str().unwrap().to_owned()
}

#[test]
fn a_thread_of_the_layers_own_tells_in_time_and_ends_with_it() {
    let (told, is_told) = mpsc::channel();
    let told = Mutex::new(told);
    let (_, output) = held(move || told.lock().unwrap().send(()).unwrap());
    let layer = layer().with_sink(output).with_expected("*", MS * 20).unwrap();
    let default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let run = begin(info_span!("run"));
    is_told.recv_timeout(Duration::from_secs(20)).unwrap();
    run.complete();
    drop(default);
    // The sink goes with the layer, and so does what it sends.
    assert_eq!(
        is_told.recv_timeout(Duration::from_secs(20)),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
}

#[test]
fn assertions_know_that_slow_is_no_end() {
    let log = capture();
    begin(info_span!("run")).complete();
    log.assert_last("run").ended(Outcome::Success);
    assert!(!Outcome::Slow.is_terminal());

    let captured = expecting("*", 1);
    let run = begin(info_span!("run"));
    captured.log.advance(MS * 10);
    captured.in_flight.tell_slow();
    captured.log.assert_last("run").is_open();
    assert_eq!(captured.log.open().len(), 1);
    run.complete();
    captured.log.assert_every_invoke_ended_once();
}
