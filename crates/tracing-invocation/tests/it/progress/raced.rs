//! What ends, closes or takes long while a record of it is being written.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tracing_invocation::sink::{Callback, Line};

use super::*;

/// Where a thread says that it is there, and waits for leave.
struct Gate {
    reached: Mutex<mpsc::Sender<()>>,
    goes_on: Mutex<mpsc::Receiver<()>>,
}

impl Gate {
    fn new() -> (Self, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (reached, is_reached) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let gate = Self { reached: Mutex::new(reached), goes_on: Mutex::new(goes_on) };
        (gate, is_reached, go_on)
    }

    fn pass(&self) {
        self.reached.lock().unwrap().send(()).unwrap();
        self.goes_on.lock().unwrap().recv().unwrap();
    }
}

/// A sink that tells of each `slow` record, and waits for leave at each.
struct Held {
    lines: Arc<Mutex<Vec<String>>>,
    reached: mpsc::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

fn outcome_of(line: &str) -> String {
    let record: Value = serde_json::from_str(line).unwrap();
    record["event_outcome"].as_str().unwrap().to_owned()
}

fn held(log: &Log) -> (Held, InvocationLayer) {
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let (gate, is_reached, go_on) = Gate::new();
    let seen = Arc::clone(&lines);
    let callback = Callback::new(move |line: &Line<'_>| {
        let text = String::from_utf8(line.bytes().to_vec()).unwrap();
        seen.lock().unwrap().push(text.clone());
        if outcome_of(&text) == "slow" {
            gate.pass();
        }
        Ok(())
    });
    let layer = log.layer().with_sink(callback);
    (Held { lines, reached: is_reached, go_on }, layer)
}

impl Held {
    fn outcomes(&self, name: &str) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        lines
            .iter()
            .filter(|line| line.contains(&format!("\"{name}\"")))
            .map(|line| outcome_of(line))
            .collect()
    }
}

#[test]
fn a_success_that_waited_behind_two_slow_records_stays_a_success() {
    let log = Log::new();
    let (held, layer) = held(&log);
    let layer =
        layer.with_expected("*", MS).unwrap().with_capture(Capture::none().with_slow_poll(MS * 5));
    let in_flight = layer.in_flight();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let inner = log.clone();
    let mut run = Box::pin(
        async move {
            tokio::task::yield_now().await;
            inner.advance(MS * 20);
        }
        .operation(info_span!("run")),
    );
    let _ = poll_once(run.as_mut());
    log.advance(MS * 10);
    let watchdog = in_flight.clone();
    let told = thread::spawn(move || watchdog.tell_slow());
    held.reached.recv_timeout(Duration::from_secs(5)).unwrap();
    // Completes, in a poll that is slow.
    let _ = poll_once(run.as_mut());
    held.go_on.send(()).unwrap();
    held.reached.recv_timeout(Duration::from_secs(5)).unwrap();
    drop(run);
    held.go_on.send(()).unwrap();
    let _ = held.go_on.send(());
    told.join().unwrap();
    assert_eq!(held.outcomes("run"), ["invoke", "slow", "slow", "success"]);
}

#[test]
fn an_end_left_to_the_writer_survives_the_reuse_of_its_id() {
    let log = Log::new();
    let (held, layer) = held(&log);
    let layer = layer.with_expected("*.run", MS).unwrap();
    let in_flight = layer.in_flight();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let span = info_span!("run");
    let id = span.id().unwrap();
    let run = begin(span);
    log.advance(MS * 10);
    let watchdog = in_flight.clone();
    let told = thread::spawn(move || watchdog.tell_slow());
    held.reached.recv_timeout(Duration::from_secs(5)).unwrap();
    run.complete();
    let mut reused = false;
    for _ in 0..20_000 {
        let span = info_span!("other");
        reused = span.id().unwrap() == id;
        begin(span).complete();
        if reused {
            break;
        }
    }
    assert!(reused);
    held.go_on.send(()).unwrap();
    told.join().unwrap();
    assert_eq!(held.outcomes("run"), ["invoke", "slow", "success"]);
}

#[test]
fn an_operation_that_ends_while_its_exit_is_shaped_keeps_its_end() {
    let log = Log::new();
    let (gate, is_reached, go_on) = Gate::new();
    let layer = log.layer().with_context_formatter(move |fields| {
        if fields.event_outcome == Outcome::Unknown {
            gate.pass();
        }
        None
    });
    let delivery = layer.delivery();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let run = begin(info_span!("run"));
    let finishing = thread::spawn(move || delivery.finish(Duration::from_secs(5)).unwrap());
    is_reached.recv_timeout(Duration::from_secs(5)).unwrap();
    run.complete();
    go_on.send(()).unwrap();
    finishing.join().unwrap();
    log.assert_every_invoke_ended_once();
}

#[test]
fn a_replaced_policy_that_panics_when_dropped_panics_out_of_no_callback() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let log = Log::new();
    let bomb = Bomb;
    let layer = log.layer().with_context_formatter(move |_| {
        let _ = &bomb;
        None
    });
    let handle = layer.handle();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    begin(info_span!("run")).complete();
    // This thread has the old ones at hand still.
    handle.replace(tracing_invocation::Settings::default());
    let ran = std::panic::catch_unwind(|| begin(info_span!("run")).complete());
    assert!(ran.is_ok());
}

#[test]
fn slow_records_that_wait_are_all_written() {
    let log = Log::new();
    let (held, layer) = held(&log);
    let layer =
        layer.with_expected("*", MS).unwrap().with_capture(Capture::none().with_slow_poll(MS * 5));
    let in_flight = layer.in_flight();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let run = begin(info_span!("run"));
    log.advance(MS * 10);
    let watchdog = in_flight.clone();
    let told = thread::spawn(move || watchdog.tell_slow());
    held.reached.recv_timeout(Duration::from_secs(5)).unwrap();
    for _ in 0..3 {
        run.span().in_scope(|| log.advance(MS * 20));
    }
    for _ in 0..9 {
        held.go_on.send(()).unwrap();
    }
    told.join().unwrap();
    run.complete();
    assert_eq!(held.outcomes("run"), ["invoke", "slow", "slow", "slow", "slow", "success"]);
}

#[test]
fn a_reason_is_told_of_what_began_in_another_one() {
    let log = Log::new();
    let layer = log.layer();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let mut run = Box::pin(std::future::pending::<()>().operation(info_span!("run")));
    tracing_invocation::with_cancel_reason("first", || {
        let _ = poll_once(run.as_mut());
    });
    tracing_invocation::with_cancel_reason("second", || drop(run));
    log.assert_last("run").with_payload("/cancellation/reason", "second");
}

#[test]
fn finishing_waits_for_the_end_of_what_is_being_invoked() {
    let log = Log::new();
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let (gate, is_reached, go_on) = Gate::new();
    let seen = Arc::clone(&lines);
    let callback = Callback::new(move |line: &Line<'_>| {
        let outcome = outcome_of(&String::from_utf8_lossy(line.bytes()));
        if outcome == "invoke" {
            gate.pass();
        }
        seen.lock().unwrap().push(outcome);
        Ok(())
    });
    let layer = log.layer().with_sink(callback);
    let delivery = layer.delivery();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    let thread = thread::spawn(move || {
        let _default = tracing::dispatcher::set_default(&dispatch);
        std::mem::forget(begin(info_span!("run")));
    });
    is_reached.recv_timeout(Duration::from_secs(5)).unwrap();
    let releases = thread::spawn(move || {
        // Time for `finish` to get ahead, if it does not wait.
        thread::sleep(MS * 100);
        go_on.send(()).unwrap();
    });
    let finished = delivery.finish(Duration::from_secs(5));
    let seen_at_finish = lines.lock().unwrap().clone();
    releases.join().unwrap();
    thread.join().unwrap();
    assert!(
        finished.is_err() || seen_at_finish == ["invoke", "unknown"],
        "{seen_at_finish:?}, later {:?}",
        lines.lock().unwrap()
    );
}
