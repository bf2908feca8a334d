//! Wrappers in subscribers of every composition, and inside writers.

use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use tracing::subscriber::with_default;
use tracing::{Subscriber, info_span};
use tracing_invocation::testing::Log;
use tracing_invocation::{FutureExt as _, OperationGuard, Outcome, begin, operation};
use tracing_subscriber::layer::{Identity, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::{registry, reload};

use super::{explode, pause, payload_of};
use crate::support::{check_line, check_lines, poll_once, story};

/// What [`program`] is told as.
const TOLD: [&str; 10] = [
    "outer invoke",
    "fails invoke",
    "fails failed",
    "panics invoke",
    "panics failed",
    "guard invoke",
    "guard success",
    "inner invoke",
    "inner cancelled",
    "outer cancelled",
];

#[operation(levels(invoke = "trace", failed = "warn"))]
fn fails() -> Result<(), &'static str> {
    Err("bad")
}

#[operation]
async fn outer() {
    let _ = fails();
    let panics = std::future::poll_fn::<(), _>(|_| explode(1)).operation(info_span!("panics"));
    payload_of(|| poll_once(Box::pin(panics).as_mut()));
    begin(info_span!("guard")).complete();
    pause().operation(info_span!("inner")).await;
}

/// Operations of every kind and end, each exact.
fn program() {
    let mut outer = Box::pin(outer());
    assert!(poll_once(outer.as_mut()).is_pending());
}

#[track_caller]
fn check<S: Subscriber + Send + Sync + 'static>(subscriber: S, logs: &[&Log]) {
    with_default(subscriber, program);
    for log in logs {
        check_lines(log);
        assert_eq!(story(log), TOLD);
        let levels: Vec<_> =
            log.assert_last("fails").records().iter().map(|record| record.level.as_str()).collect();
        assert_eq!(levels, ["TRACE", "WARN"]);
        let inner = log.assert_last("inner").records()[0].span_id;
        log.assert_last("outer").with_payload("/cancelled_by", inner.to_string());
    }
}

#[test]
fn exact_in_a_layer_that_can_be_reloaded() {
    let log = Log::new();
    let (layer, handle) = reload::Layer::new(log.layer());
    check(registry().with(layer), &[&log]);
    drop(handle);
}

#[test]
fn exact_in_an_optional_layer_and_in_a_boxed_one() {
    let log = Log::new();
    check(registry().with(Some(log.layer())), &[&log]);
    let log = Log::new();
    let boxed: Box<dyn Layer<Registry> + Send + Sync> = Box::new(log.layer());
    check(registry().with(boxed), &[&log]);
    let log = Log::new();
    let layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> =
        vec![Box::new(Identity::new()), Box::new(log.layer())];
    check(registry().with(layers), &[&log]);
}

#[test]
fn exact_in_each_of_several_layers_of_one_subscriber() {
    let logs = [Log::new(), Log::new(), Log::new()];
    let [first, second, third] = &logs;
    let both = first.layer().and_then(second.layer());
    let subscriber = registry().with(both).with(third.layer());
    check(subscriber, &[first, second, third]);
}

/// What a program does when a writer is called.
type Act = Box<dyn FnOnce() + Send>;

/// A writer that acts once, during the first write of a record that contains `at`.
struct Acts {
    at: &'static str,
    act: Arc<Mutex<Option<Act>>>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl io::Write for Acts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8(bytes.to_vec()).unwrap();
        if line.contains(self.at) {
            let act = self.act.lock().unwrap().take();
            act.into_iter().for_each(|act| act());
        }
        self.lines.lock().unwrap().push(line);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `program` in a subscriber of two layers, of which one has a writer that runs `act` while it writes the
/// record that contains `at`. What each of them told.
fn told_while_writing(at: &'static str, act: Act, program: impl FnOnce()) -> [Vec<String>; 2] {
    let (act, lines) = (Arc::new(Mutex::new(Some(act))), Arc::<Mutex<Vec<String>>>::default());
    let acts = {
        let (act, lines) = (act.clone(), lines.clone());
        move || Acts { at, act: act.clone(), lines: lines.clone() }
    };
    let beside = Log::new();
    let writing = tracing_invocation::layer().with_writer(acts);
    with_default(registry().with(writing).with(beside.layer()), program);
    assert!(act.lock().unwrap().is_none(), "the writer was never called for it");
    check_lines(&beside);
    let lines = std::mem::take(&mut *lines.lock().unwrap());
    let told = lines.iter().map(|line| {
        let line = line.trim_end();
        check_line(line);
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        format!("{} {}", text("event_name"), text("event_outcome"))
    });
    [told.collect(), story(&beside)]
}

#[test]
fn a_future_dropped_by_a_writer_is_told_after_the_record_that_is_being_written() {
    for at in ["invoke", "success"] {
        let future = Arc::new(Mutex::new(None));
        let dropped = future.clone();
        let act: Act = Box::new(move || drop(dropped.lock().unwrap().take()));
        let at = if at == "invoke" { r#""ready","event_outcome":"invoke"# } else { "success" };
        let told = told_while_writing(at, act, || {
            let mut inside = Box::pin(pause().operation(info_span!("dropped")));
            assert!(poll_once(inside.as_mut()).is_pending());
            *future.lock().unwrap() = Some(inside);
            let mut ready = Box::pin(ready(()).operation(info_span!("ready")));
            assert!(poll_once(ready.as_mut()).is_ready());
        });
        assert_eq!(told[0][..2], ["dropped invoke", "ready invoke"]);
        for mut told in told {
            told.sort();
            let all = ["dropped cancelled", "dropped invoke", "ready invoke", "ready success"];
            assert_eq!(told, all, "in the writer of {at}");
        }
    }
}

#[test]
fn a_guard_ended_by_a_writer_leaves_the_end_that_is_being_written_to_every_layer() {
    static GUARD: OnceLock<Mutex<Option<OperationGuard>>> = OnceLock::new();
    let guard = || GUARD.get_or_init(Mutex::default);
    let act: Act = Box::new(move || guard().lock().unwrap().take().unwrap().complete());
    let told = told_while_writing("\"failed\"", act, || {
        *guard().lock().unwrap() = Some(begin(info_span!("guarded")));
        fails().unwrap_err();
    });
    for mut told in told {
        told.sort();
        let all = ["fails failed", "fails invoke", "guarded invoke", "guarded success"];
        assert_eq!(told, all);
    }
}

#[test]
fn an_operation_called_by_a_writer_leaves_the_levels_of_the_one_that_begins() {
    #[operation]
    fn called() {}
    let beside = Log::new();
    let acts = || Acts {
        at: "\"fails\"",
        act: Arc::new(Mutex::new(Some(Box::new(called)))),
        lines: Arc::default(),
    };
    let writing = tracing_invocation::layer().with_writer(acts);
    with_default(registry().with(writing).with(beside.layer()), || fails().unwrap_err());
    let levels: Vec<_> =
        beside.assert_last("fails").records().iter().map(|record| record.level.as_str()).collect();
    assert_eq!(levels, ["TRACE", "WARN"]);
    beside.assert_last("fails").ended(Outcome::Failed);
}
