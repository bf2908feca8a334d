//! Random programs, and a model that knows why each of their operations ends and where it waits.
//!
//! A program is a tree that is run by the functions below, each of which waits at one place. Time is tokio's own and
//! paused, so the model knows when everything happens.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use tokio::runtime::Builder;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};
use tracing_invocation::testing::Log;
use tracing_invocation::{Capture, FutureExt as _, Outcome};
use tracing_subscriber::prelude::*;

#[derive(Clone, Debug)]
enum Program {
    /// Waits for a lock that nobody gives.
    Lock,
    /// Waits so long.
    Sleep(u64),
    /// Waits so long before the other.
    Then(u64, Box<Program>),
    /// An operation.
    Operation(Box<Program>),
    Timeout(u64, Box<Program>),
    Select(u64, Box<Program>),
    /// Beside another future, which fails after so long.
    TryJoin(u64, Box<Program>),
    /// In a task that is aborted after so long.
    Abort(u64, Box<Program>),
}

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

static NEVER: Mutex<()> = Mutex::const_new(());

fn run(program: Program, at: String) -> Running {
    match program {
        Program::Lock => Box::pin(lock()),
        Program::Sleep(time) => Box::pin(pause(time)),
        Program::Then(time, next) => Box::pin(then(time, run(*next, at))),
        Program::Operation(inside) => Box::pin(operation(*inside, at)),
        Program::Timeout(time, inside) => Box::pin(limited(time, run(*inside, at))),
        Program::Select(time, inside) => Box::pin(raced(time, run(*inside, at))),
        Program::TryJoin(time, inside) => Box::pin(joined(time, run(*inside, at))),
        Program::Abort(time, inside) => Box::pin(aborted(time, run(*inside, at))),
    }
}

async fn operation(inside: Program, at: String) {
    let span = tracing::info_span!("operation", invocation.entity_id = at);
    run(inside, at + "o").operation(span).await;
}

async fn lock() {
    drop(NEVER.lock().await); // lock
}

async fn pause(time: u64) {
    sleep(Duration::from_millis(time)).await; // pause
}

async fn then(time: u64, next: Running) {
    sleep(Duration::from_millis(time)).await; // then
    next.await;
}

async fn limited(time: u64, inside: Running) {
    let _ = timeout(Duration::from_millis(time), inside).await; // timeout
}

async fn raced(time: u64, inside: Running) {
    // select
    tokio::select! {
        () = inside => {}
        () = sleep(Duration::from_millis(time)) => {}
    }
}

async fn joined(time: u64, inside: Running) {
    let succeeds = async {
        inside.await;
        Ok(())
    };
    let fails = async {
        sleep(Duration::from_millis(time)).await; // fails
        Err::<(), ()>(())
    };
    let _ = tokio::try_join!(succeeds, fails); // try_join
}

async fn aborted(time: u64, inside: Running) {
    let task = tokio::spawn(inside);
    sleep(Duration::from_millis(time)).await;
    task.abort();
    let _ = task.await;
}

/// What is to come: when everything ends, why, and which operation is the nearest around that ends with it.
#[derive(Clone, Debug)]
struct End {
    time: u64,
    cause: &'static str,
    /// Where it is dropped.
    mark: Option<&'static str>,
    inside: Option<String>,
}

/// What a record of a cancellation is to say.
#[derive(Debug)]
struct Expected {
    end: End,
    waits: Vec<(&'static str, &'static str)>,
}

impl Program {
    /// When it ends by itself.
    fn end(&self, start: u64) -> u64 {
        match self {
            Self::Lock => u64::MAX,
            Self::Sleep(time) => start + time,
            Self::Then(time, next) => next.end(start + time),
            Self::Operation(inside) => inside.end(start),
            Self::Timeout(time, inside) | Self::Select(time, inside) => {
                inside.end(start).min(start + time)
            }
            Self::TryJoin(time, _) | Self::Abort(time, _) => start + time,
        }
    }

    /// What it waits for at a time at which it runs: the place, and the resource.
    fn waits(&self, start: u64, now: u64) -> Vec<(&'static str, &'static str)> {
        const SLEEP: &str = "tokio::time::Sleep";
        let beside = |mark, inside: &Self| {
            let mut waits = vec![(mark, SLEEP)];
            if inside.end(start) > now {
                waits.extend(inside.waits(start, now));
            }
            waits
        };
        match self {
            Self::Lock => vec![("lock", "tokio::sync::Mutex::lock")],
            Self::Sleep(_) => vec![("pause", SLEEP)],
            Self::Then(time, _) if now < start + time => vec![("then", SLEEP)],
            Self::Then(time, next) => next.waits(start + time, now),
            Self::Operation(inside) => inside.waits(start, now),
            Self::Timeout(_, inside) => beside("timeout", inside),
            Self::Select(_, inside) => beside("select", inside),
            Self::TryJoin(_, inside) => beside("fails", inside),
            Self::Abort(..) => Vec::new(),
        }
    }

    /// Notes what is to be told of every operation that is cancelled.
    fn expect(&self, start: u64, end: &End, at: String, told: &mut BTreeMap<String, Expected>) {
        if start > end.time {
            return;
        }
        let sooner = |time: u64, cause, mark| {
            let own = End { time: start + time, cause, mark, inside: None };
            if own.time < end.time { own } else { end.clone() }
        };
        match self {
            Self::Lock | Self::Sleep(_) => {}
            Self::Then(time, next) => next.expect(start + time, end, at, told),
            Self::Operation(inside) => {
                if self.end(start) > end.time {
                    let waits = inside.waits(start, end.time);
                    told.insert(at.clone(), Expected { end: end.clone(), waits });
                }
                let around = End { inside: Some(at.clone()), ..end.clone() };
                inside.expect(start, &around, at + "o", told);
            }
            Self::Timeout(time, inside) => {
                inside.expect(start, &sooner(*time, "timeout", Some("timeout")), at, told);
            }
            Self::Select(time, inside) => {
                inside.expect(start, &sooner(*time, "select", Some("select")), at, told);
            }
            Self::TryJoin(time, inside) => {
                let end = sooner(*time, "sibling_failed", Some("try_join"));
                inside.expect(start, &end, at, told);
            }
            Self::Abort(time, inside) => {
                inside.expect(start, &sooner(*time, "aborted", None), at, told);
            }
        }
    }

    /// The times of the program, to have them differ.
    fn times(&mut self, next: &mut impl FnMut() -> u64) {
        match self {
            Self::Lock => {}
            Self::Sleep(time) => *time = next(),
            Self::Operation(inside) => inside.times(next),
            Self::Then(time, inside)
            | Self::Timeout(time, inside)
            | Self::Select(time, inside)
            | Self::TryJoin(time, inside)
            | Self::Abort(time, inside) => {
                *time = next();
                inside.times(next);
            }
        }
    }
}

fn program() -> impl Strategy<Value = Program> {
    let leaf = prop_oneof![Just(Program::Lock), Just(Program::Sleep(0))];
    let inside = leaf.prop_recursive(7, 7, 1, |inside| {
        let of = |make: fn(u64, Box<Program>) -> Program| {
            inside.clone().prop_map(move |inside| make(0, Box::new(inside)))
        };
        prop_oneof![
            3 => inside.clone().prop_map(|inside| Program::Operation(Box::new(inside))),
            1 => of(Program::Then),
            1 => of(Program::Timeout),
            1 => of(Program::Select),
            1 => of(Program::TryJoin),
        ]
    });
    let whole = (inside, any::<bool>()).prop_map(|(inside, is_aborted)| {
        let make = if is_aborted { Program::Abort } else { Program::Timeout };
        make(0, Box::new(Program::Operation(Box::new(inside))))
    });
    // No sum of some of these is the sum of others, so that no two things happen at once.
    let times = Just((0..16).map(|power| 1_u64 << power).collect::<Vec<_>>()).prop_shuffle();
    (whole, times).prop_map(|(mut program, mut times)| {
        program.times(&mut || times.pop().unwrap());
        program
    })
}

/// The line of this file that bears this mark, or that stands below it.
fn marked(mark: &str) -> String {
    let mark = format!("// {mark}");
    let mut lines = include_str!("model.rs").lines().enumerate();
    let (at, line) = lines.find(|(_, line)| line.ends_with(&mark)).unwrap();
    let line = at + 1 + usize::from(line.trim() == mark);
    format!("why-tests/tests/it/model.rs:{line}")
}

fn is_at(place: Option<&str>, mark: &str) -> bool {
    place.is_some_and(|place| place.trim_end_matches(')').ends_with(&marked(mark)))
}

/// Runs a program. What is wrong with its records, how many waits were to be told, and how many were.
fn faults(program: &Program) -> (Vec<String>, usize, usize) {
    let log = Log::new();
    let patience = Duration::from_secs(30);
    let capture = Capture::none().with_cause().with_awaiting().with_patience(patience);
    let subscriber = tracing_subscriber::registry().with(log.layer().with_capture(capture));
    let held = NEVER.try_lock();
    tracing::subscriber::with_default(subscriber, || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(run(program.clone(), String::new()));
    });
    drop(held);

    let mut expected = BTreeMap::new();
    let end = End { time: u64::MAX, cause: "", mark: None, inside: None };
    program.expect(0, &end, String::new(), &mut expected);
    let ids: BTreeMap<_, _> = log
        .records()
        .iter()
        .map(|record| (record.entity_id.clone().unwrap_or_default(), record.span_id.to_string()))
        .collect();
    let (mut faults, mut waits, mut told_waits) = (Vec::new(), 0, 0);
    for record in log.records() {
        if record.event_outcome != Outcome::Cancelled {
            continue;
        }
        let at = record.entity_id.clone().unwrap_or_default();
        let told = &record.payload["cancellation"];
        let Some(Expected { end, waits: expected }) = expected.remove(&at) else {
            faults.push(format!("{at:?} was not cancelled: {told}"));
            continue;
        };
        let (cause, by) = match end.inside {
            Some(_) => ("parent", Some(end.cause)),
            None => (end.cause, None),
        };
        let parent = end.inside.as_ref().map(|at| ids[at].as_str());
        if told["cause"] != cause
            || told["parent_cause"].as_str() != by
            || told["span_id"].as_str() != parent
            || told["dropped_at"].is_string() != end.mark.is_some()
            || end.mark.is_some_and(|mark| !is_at(told["dropped_at"].as_str(), mark))
        {
            faults.push(format!("{at:?} {end:?}: {told}"));
        }
        let said: Vec<_> = told["awaiting"].as_array().into_iter().flatten().collect();
        let leaf = |wait: &Value| wait["chain"].as_array().and_then(|chain| chain.last().cloned());
        for wait in &said {
            let leaf = leaf(wait);
            let is_right = |(mark, on): &(&str, &str)| {
                wait["on"] == **on && is_at(leaf.as_ref().and_then(Value::as_str), mark)
            };
            if !expected.iter().any(is_right) {
                faults.push(format!("{at:?} waits for {expected:?}: {told}"));
            }
        }
        waits += expected.len();
        told_waits += said.len();
    }
    faults.extend(expected.keys().map(|at| format!("{at:?} was cancelled")));
    (faults, waits, told_waits)
}

#[test]
fn no_random_program_is_told_of_wrongly() {
    let usual = ProptestConfig::default();
    let cases = usual.cases.max(1_000);
    let config = ProptestConfig { failure_persistence: None, cases, ..usual };
    let counts = std::cell::Cell::new((0, 0));
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&program(), |program| {
        let (faults, waits, told) = faults(&program);
        let (all_waits, all_told) = counts.get();
        counts.set((all_waits + waits, all_told + told));
        prop_assert!(faults.is_empty(), "{:#?}", faults);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let (waits, told) = counts.get();
    assert!(told * 10 > waits * 9, "of {waits} waits only {told} were told");
}
