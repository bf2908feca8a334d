//! Random programs of operations, judged by a model that knows nothing of `tracing`.
//!
//! Each operation of a program is watched from outside by a wrapper that sees what really happens to its future:
//! it returns, a panic unwinds through its poll, or it is dropped. What the wrapper saw is the model; the log
//! has to agree with it in every outcome, and in who reports what an inner operation reported already.

mod model;
mod run;
mod scoped;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use tokio::runtime::Builder;
use tracing::{Dispatch, dispatcher};
use tracing_invocation::testing::Log;
use tracing_invocation::{EventMetadata, Outcome, Record, Sampling, Settings, SpanId};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::check_lines;
use model::{Cause, Ledger, Style, Told};
use run::World;

/// One operation: what it does, step by step, and how it ends if nothing stops it.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    style: Style,
    steps: Vec<Step>,
    end: End,
}

#[derive(Clone, Debug)]
enum Step {
    Yield,
    Sleep(u8),
    /// A nested call whose error is handled.
    Call(Program),
    /// A nested call whose error is passed on.
    Try(Program),
    /// A nested call whose panic is caught.
    Catch(Program),
    /// A nested call of a function that does not wait.
    Sync(Style, End),
    Timeout(u8, Program),
    Select(Program, Program),
    TryJoin(Program, Program),
    Spawn {
        child: Program,
        place: Place,
        then: Then,
    },
}

/// Where a spawned task belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nowhere.
    Apart,
    /// In a span of its own whose parent is the operation's.
    Below,
    /// In the operation's span itself, which the task enters too.
    Inside,
}

/// What becomes of a spawned task.
#[derive(Clone, Copy, Debug)]
enum Then {
    Await,
    Abort,
    AbortAfterOnePoll,
    Detach,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Ok,
    Err(u8),
    Panic,
    Never,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Ok),
        3 => (0..3_u8).prop_map(End::Err),
        1 => Just(End::Panic),
        2 => Just(End::Never),
    ]
}

/// What programs are made of.
#[derive(Clone, Copy, Debug)]
struct Kit {
    styles: &'static [Style],
    places: &'static [Place],
}

const EXACT: Kit =
    Kit { styles: &[Style::Exact], places: &[Place::Apart, Place::Below, Place::Inside] };
const MIXED: Kit = Kit {
    styles: &[Style::Exact, Style::Marked, Style::Marked, Style::Returning, Style::Bare],
    places: &[Place::Apart, Place::Below],
};
const ANY: Kit = Kit { places: EXACT.places, ..MIXED };

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![
        Just(Then::Await),
        Just(Then::Abort),
        Just(Then::AbortAfterOnePoll),
        Just(Then::Detach)
    ]
}

fn program(kit: Kit) -> impl Strategy<Value = Program> {
    let style = move || prop::sample::select(kit.styles);
    let leaf_step = prop_oneof![
        Just(Step::Yield),
        (1..20_u8).prop_map(Step::Sleep),
        (style(), end()).prop_map(|(style, end)| Step::Sync(style, end)),
    ];
    let of = move |steps| {
        (style(), prop::collection::vec(steps, 0..4), end())
            .prop_map(|(style, steps, end)| Program { style, steps, end })
    };
    of(leaf_step.boxed()).prop_recursive(4, 24, 3, move |inner| {
        let inner2 = (inner.clone(), inner.clone());
        let step = prop_oneof![
            1 => Just(Step::Yield),
            1 => (1..20_u8).prop_map(Step::Sleep),
            2 => inner.clone().prop_map(Step::Call),
            3 => inner.clone().prop_map(Step::Try),
            1 => inner.clone().prop_map(Step::Catch),
            3 => (1..20_u8, inner.clone()).prop_map(|(limit, program)| Step::Timeout(limit, program)),
            2 => inner2.clone().prop_map(|(a, b)| Step::Select(a, b)),
            2 => inner2.prop_map(|(a, b)| Step::TryJoin(a, b)),
            2 => (inner, prop::sample::select(kit.places), then())
                .prop_map(|(child, place, then)| Step::Spawn { child, place, then }),
        ];
        of(step.boxed())
    })
}

/// Runs a program, stops it after a while, shuts its runtime down, and returns what was logged and what was seen.
fn observe(program: Program, runtime: &mut Builder) -> (Log, Ledger) {
    observe_under(Settings::default(), program, runtime)
}

fn observe_under(settings: Settings, program: Program, runtime: &mut Builder) -> (Log, Ledger) {
    let log = Log::new();
    let layer = log.layer().with_settings(settings);
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    let world = World::default();
    let workers = dispatch.clone();
    let runtime = runtime
        .enable_time()
        // The threads of the runtime end with it, and the default with them.
        .on_thread_start(move || std::mem::forget(dispatcher::set_default(&workers)))
        .build()
        .unwrap();
    dispatcher::with_default(&dispatch, || {
        let whole = world.call(program, None);
        let limit = std::time::Duration::from_millis(50);
        let _ = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async { tokio::time::timeout(limit, whole).await })
        }));
        drop(runtime);
    });
    (log, world.into_ledger())
}

/// The records of each operation, by the number under which the model knows it.
fn by_number(log: &Log) -> BTreeMap<u64, Vec<Record>> {
    let mut calls: BTreeMap<u64, Vec<Record>> = BTreeMap::new();
    for record in log.records() {
        let number = record.payload["number"].as_u64().unwrap();
        calls.entry(number).or_default().push(record);
    }
    calls
}

fn agrees(log: &Log, ledger: &Ledger, links: bool) {
    check_lines(log);
    log.assert_every_invoke_ended_once();
    let calls = by_number(log);
    let span_id = |number: u64| -> SpanId { calls[&number][0].span_id };
    for (&number, seen) in ledger.calls() {
        let outcomes: Vec<_> =
            calls.get(&number).into_iter().flatten().map(|record| record.event_outcome).collect();
        let Some(told) = seen else {
            assert_eq!(outcomes, [], "{number} was never polled\n{log}");
            continue;
        };
        if outcomes == [Outcome::Invoke, Outcome::Unknown] && ledger.may_be_unknown(number) {
            continue;
        }
        assert_eq!(outcomes, [Outcome::Invoke, told.outcome()], "{number}\n{log}");
        if links {
            let payload = &calls[&number][1].payload;
            let link = |key| payload.get(key).map(|id| id.as_str().unwrap().parse().unwrap());
            let (caused_by, cancelled_by, late) = match told {
                Told::Failed { cause, by } => (by.map(span_id), None, cause == Cause::Panic),
                Told::Cancelled { by } => (None, by.map(span_id), true),
                Told::Success | Told::Unknown => (None, None, false),
            };
            // What is only told when a span closes is told late where a task below holds the span open: too late
            // to tell that an outer operation ended along with it. Exact operations do not wait for that.
            if !(late && ledger.has_tasks_below() && ledger.has_stock_spans()) {
                assert_eq!(link("caused_by"), caused_by, "{number}\n{log}");
                assert_eq!(link("cancelled_by"), cancelled_by, "{number}\n{log}");
            }
        }
    }
    assert_eq!(ledger.calls().filter(|(_, seen)| seen.is_some()).count(), calls.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_program_is_told_as_it_happened(program in program(MIXED)) {
        let (log, ledger) = observe(program, Builder::new_current_thread().start_paused(true));
        agrees(&log, &ledger, true);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_program_of_exact_operations_is_told_as_it_happened(program in program(EXACT)) {
        let (log, ledger) = observe(program, Builder::new_current_thread().start_paused(true));
        agrees(&log, &ledger, true);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_program_on_two_threads_is_told_as_it_happened(
        program in program(ANY)
    ) {
        let (log, ledger) = observe(program, Builder::new_multi_thread().worker_threads(2));
        // Who ended first, of operations on two threads, is not for the model to know.
        agrees(&log, &ledger, false);
    }
}

/// Settings that leave something out: by policy, by sampling, by threshold; and whether cancellations too.
fn leaving_out() -> impl Strategy<Value = (Settings, bool)> {
    let denied = prop::sample::select(vec!["", "exact", "sync_exact"]);
    let threshold = prop::sample::select(vec!["info", "info/info", "info/error"]);
    (denied, 1..4_u64, threshold).prop_map(|(denied, n, directives)| {
        let settings = Settings::default()
            .with_directives(directives)
            .unwrap()
            .with_policy(move |event: &EventMetadata<'_>| event.event_name != denied)
            .with_sampling(Sampling::default().keep_one_in_of_others(n).unwrap());
        (settings, directives == "info/error")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Where something is left out, each failure and cancellation is told all the same: in full, or by a record
    /// that points to one that is there.
    #[test]
    fn whatever_is_left_out_no_failure_is_hidden(
        program in program(EXACT),
        (settings, only_errors) in leaving_out(),
    ) {
        let (log, ledger) = observe_under(settings, program, Builder::new_current_thread().start_paused(true));
        check_lines(&log);
        let records = log.records();
        let ends: BTreeMap<_, _> = records
            .iter()
            .filter(|record| record.event_outcome.is_terminal())
            .map(|record| (record.span_id, record))
            .collect();
        for record in ends.values() {
            for link in ["caused_by", "cancelled_by"] {
                let Some(id) = record.payload.get(link) else { continue };
                let reporter = &ends[&id.as_str().unwrap().parse().unwrap()];
                prop_assert_eq!(reporter.event_outcome, record.event_outcome);
                prop_assert!(reporter.payload.contains_key("error"), "{}", log);
            }
        }
        let full = |outcome| {
            let is_full = |record: &&&Record| {
                record.event_outcome == outcome
                    && ["caused_by", "cancelled_by"].iter().all(|link| !record.payload.contains_key(*link))
            };
            ends.values().filter(is_full).count()
        };
        let told = |is: fn(&Told) -> bool| ledger.calls().filter_map(|(_, told)| told).filter(is).count();
        prop_assert_eq!(full(Outcome::Failed), told(|told| matches!(told, Told::Failed { by: None, .. })), "{}", log);
        if !only_errors {
            let cancelled = told(|told| matches!(told, Told::Cancelled { by: None }));
            prop_assert_eq!(full(Outcome::Cancelled), cancelled, "{}", log);
        }
    }
}
