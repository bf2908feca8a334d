//! What is recorded, decided apart from the code that runs, and changed while it runs.

use std::cell::Cell;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::subscriber::with_default;
use tracing_invocation::testing::Log;
use tracing_invocation::{
    EventMetadata, EventPolicy, InvocationLayer, Level, Levels, Outcome, Sampling, Settings,
    Verbosity, operation,
};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::support::{check_lines, only, poll_once, story};

/// Runs `f` with a layer of these settings, and checks what it wrote.
fn logged(settings: Settings, f: impl FnOnce()) -> Log {
    let log = Log::new();
    run_in(log.layer().with_settings(settings), f);
    check_lines(&log);
    log
}

fn run_in(layer: InvocationLayer, f: impl FnOnce()) {
    with_default(tracing_subscriber::registry().with(layer), f);
}

fn settings() -> Settings {
    Settings::default()
}

fn deny_all(_: &EventMetadata<'_>) -> bool {
    false
}

#[operation(entity_id = item)]
fn run(item: &str, fail: bool) -> Result<u8, String> {
    if fail { Err("boom".into()) } else { Ok(1) }
}

#[operation]
async fn wait() {
    std::future::pending().await
}

mod policy {
    use super::*;

    #[test]
    fn of_a_refused_call_only_failure_and_cancellation_are_recorded() {
        let log = logged(settings().with_policy(deny_all), || {
            let _ = run("a", false);
            let _ = run("b", true);
            assert!(poll_once(pin!(wait())).is_pending());
        });
        assert_eq!(story(&log), ["run failed", "wait cancelled"]);
        let failed = only(&log, "run", Outcome::Failed);
        assert_eq!((failed.level, failed.entity_id.as_deref()), (Level::Error, Some("b")));
        assert!(failed.duration_ns.is_some());
    }

    #[test]
    fn no_field_of_a_refused_call_is_looked_at() {
        struct Seen;
        impl fmt::Debug for Seen {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("looked at")
            }
        }
        #[operation(fields(?seen), args(also = ?seen), result(?))]
        fn work(seen: Seen) -> Seen {
            seen
        }
        let log = logged(settings().with_policy(deny_all), || {
            let _ = work(Seen);
        });
        assert_eq!(log.lines(), [""; 0]);
    }

    #[test]
    fn a_refused_inner_operation_tells_its_failure_in_full_and_the_outer_points_there() {
        #[operation]
        fn outer() -> Result<u8, String> {
            run("a", true)
        }
        let inner_is_refused = |event: &EventMetadata<'_>| event.event_name != "run";
        let log = logged(settings().with_policy(inner_is_refused), || drop(outer()));
        assert_eq!(story(&log), ["outer invoke", "run failed", "outer failed"]);
        let inner = only(&log, "run", Outcome::Failed);
        let outer = only(&log, "outer", Outcome::Failed);
        assert_eq!(json!(outer.payload), json!({"caused_by": inner.span_id}));
    }

    #[test]
    fn the_answer_at_the_beginning_holds_for_the_whole_call() {
        static ALLOWED: AtomicBool = AtomicBool::new(false);
        #[operation]
        fn switches() {
            ALLOWED.store(true, Ordering::Relaxed);
        }
        let policy = |_: &EventMetadata<'_>| ALLOWED.load(Ordering::Relaxed);
        let log = logged(settings().with_policy(policy), || {
            switches();
            assert!(ALLOWED.load(Ordering::Relaxed));
            switches();
        });
        assert_eq!(story(&log), ["switches invoke", "switches success"]);
    }

    #[test]
    fn it_is_asked_once_per_call_and_told_of_it() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let policy = {
            let asked = Arc::clone(&asked);
            move |event: &EventMetadata<'_>| {
                let told = (
                    event.event_namespace,
                    event.event_name,
                    event.entity_id,
                    event.file,
                    event.function,
                );
                asked.lock().unwrap().push(format!("{told:?}"));
                assert!(event.line.is_some());
                true
            }
        };
        let log = logged(settings().with_policy(policy), || {
            let _ = (run("conn-1", false), run("conn-2", false));
        });
        assert_eq!(log.lines().len(), 4);
        let file = file!();
        let told = |id| {
            format!("(\"it::settings\", \"run\", Some(\"{id}\"), Some({file:?}), Some(\"run\"))")
        };
        assert_eq!(*asked.lock().unwrap(), [told("conn-1"), told("conn-2")]);
    }

    #[test]
    fn one_that_panics_counts_as_record() {
        let policy = |_: &EventMetadata<'_>| std::panic::resume_unwind(Box::new("no answer"));
        let log = logged(settings().with_policy(policy), || drop(run("a", false)));
        assert_eq!(story(&log), ["run invoke", "run success"]);
    }

    #[test]
    fn an_answer_for_a_whole_place_is_asked_for_once() {
        struct ByName(AtomicUsize);
        impl EventPolicy for ByName {
            fn is_recorded(&self, _: &EventMetadata<'_>) -> bool {
                panic!("asked for a single call")
            }
            fn static_answer(&self, event: &EventMetadata<'_>) -> Option<bool> {
                self.0.fetch_add(1, Ordering::Relaxed);
                assert_eq!(event.entity_id, None);
                Some(event.event_name != "run")
            }
        }
        impl EventPolicy for &'static ByName {
            fn is_recorded(&self, event: &EventMetadata<'_>) -> bool {
                (**self).is_recorded(event)
            }
            fn static_answer(&self, event: &EventMetadata<'_>) -> Option<bool> {
                (**self).static_answer(event)
            }
        }
        static POLICY: ByName = ByName(AtomicUsize::new(0));
        #[operation("run", namespace = "app")]
        fn named() {}
        let log = logged(settings().with_policy(&POLICY), || {
            (0..100).for_each(|_| drop(run("a", false)));
            assert_eq!(POLICY.0.load(Ordering::Relaxed), 1);
            (0..100).for_each(|_| named());
        });
        assert_eq!((log.lines().len(), POLICY.0.load(Ordering::Relaxed)), (0, 2));
    }

    #[test]
    fn it_sees_an_entity_as_it_is() {
        let entity = format!("https://u:p@h/{}", "a".repeat(300));
        let expected = entity.clone();
        let policy = move |event: &EventMetadata<'_>| event.entity_id != Some(&expected);
        let log = logged(settings().with_policy(policy), || drop(run(&entity, false)));
        assert_eq!(log.lines(), [""; 0], "neither cut nor redacted");
    }

    #[test]
    fn a_call_that_opts_out_leaves_nothing_where_it_is_refused_either() {
        #[operation(when = false)]
        fn quiet() -> Result<(), String> {
            Err("unheard".into())
        }
        let log = logged(settings().with_policy(deny_all), || drop(quiet()));
        assert_eq!(log.lines(), [""; 0]);
    }

    #[test]
    fn what_is_asked_may_be_an_operation_itself() {
        #[operation]
        fn is_wanted(name: &str) -> bool {
            name != "unwanted"
        }
        crate::hostile::tools::alone(|| {
            let log = Log::new();
            let layer =
                log.layer().with_policy(|event: &EventMetadata<'_>| is_wanted(event.event_name));
            let layer =
                layer.with_context_formatter(|_| is_wanted("formatted").then(Default::default));
            // With a global subscriber, for a scoped one does not hear what it does itself.
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
                .unwrap();
            let _ = run("a", false);
            assert_eq!(story(&log), ["run invoke", "run success"]);
        });
    }

    #[test]
    fn it_sees_the_names_that_a_call_gives_itself() {
        let policy = |event: &EventMetadata<'_>| {
            (event.event_namespace, event.event_name) == ("app.db", "by \"hand\"")
        };
        let log = logged(settings().with_policy(policy), || {
            for name in ["by \"hand\"", "other"] {
                tracing::info_span!("x", invocation.name = name, invocation.namespace = "app.db")
                    .in_scope(|| {});
            }
        });
        assert_eq!(story(&log), ["by \"hand\" invoke", "by \"hand\" cancelled", "other cancelled"]);
    }
}

mod levels {
    use super::*;

    #[test]
    fn each_outcome_has_the_level_that_the_layer_gives_it() {
        let levels = Levels { invoke: Level::Trace, failed: Level::Warn, ..Levels::DEFAULT };
        let log = logged(settings().with_levels(levels), || drop(run("a", true)));
        let levels: Vec<_> = log.records().iter().map(|record| record.level).collect();
        assert_eq!(levels, [Level::Trace, Level::Warn]);
    }

    #[test]
    fn the_operations_own_levels_have_precedence() {
        #[operation(levels(success = "warn"))]
        fn own() {}
        let levels = Levels { invoke: Level::Trace, success: Level::Error, ..Levels::DEFAULT };
        let log = logged(settings().with_levels(levels), own);
        let levels: Vec<_> = log.records().iter().map(|record| record.level).collect();
        assert_eq!(
            levels,
            [Level::Trace, Level::Warn],
            "the layer's for what the operation does not name"
        );
    }

    #[test]
    fn records_below_the_threshold_of_their_target_are_not_written() {
        let threshold = Targets::new()
            .with_default(tracing::Level::INFO)
            .with_target("quiet", tracing::Level::ERROR);
        let log = logged(settings().with_record_threshold(threshold), || {
            let _ = (run("a", false), run("b", true));
            let quiet = tracing::info_span!(target: "quiet", "quiet", invocation.name = "quiet");
            quiet.in_scope(|| {});
        });
        assert_eq!(story(&log), ["run failed"]);
    }

    #[test]
    fn a_failure_that_was_left_out_suppresses_nothing() {
        #[operation(levels(failed = "debug"))]
        fn quiet() -> Result<(), String> {
            Err("disk is full".into())
        }
        #[operation]
        fn save() -> Result<(), String> {
            quiet()
        }
        let log = logged(settings().with_directives("info/info").unwrap(), || drop(save()));
        assert_eq!(story(&log), ["save failed"]);
        let failed = only(&log, "save", Outcome::Failed);
        assert_eq!(failed.payload["error"]["message"], "disk is full");
    }

    #[test]
    fn directives_say_both_thresholds() {
        let log = logged(settings().with_directives("info/info").unwrap(), || {
            let _ = (run("a", false), run("b", true));
            assert!(poll_once(pin!(wait())).is_pending());
        });
        assert_eq!(story(&log), ["run failed", "wait cancelled"]);
    }
}

mod verbosity {
    use super::*;

    #[operation(
        fields(always, maximum: body),
        args(a = 1, minimal: b = 2, normal: c = 3, maximum: d = 4, minimal | normal: e = 5, normal | maximum: f2 = 6)
    )]
    fn gated(always: u8, body: &str) {}

    #[test]
    fn fields_appear_at_the_verbosities_of_their_gate() {
        let args = |verbosity| {
            let log = logged(settings().with_verbosity(verbosity), || gated(7, "x"));
            let [invoke, success] = log.records().try_into().unwrap();
            let body = (verbosity == Verbosity::Maximum).then_some(json!("x"));
            for record in [&invoke, &success] {
                assert_eq!(record.payload.get("body"), body.as_ref());
                assert_eq!(record.payload["always"], 7);
            }
            invoke.payload["args"].clone()
        };
        assert_eq!(args(Verbosity::Minimal), json!({"a": 1, "b": 2, "e": 5}));
        assert_eq!(args(Verbosity::Normal), json!({"a": 1, "c": 3, "e": 5, "f2": 6}));
        assert_eq!(args(Verbosity::Maximum), json!({"a": 1, "d": 4, "f2": 6}));
    }

    #[test]
    fn a_gate_on_everything_leaves_the_records() {
        #[operation(fields(maximum: a), args(maximum: a))]
        fn all(a: u8) {}
        let log = logged(settings().with_verbosity(Verbosity::Minimal), || all(1));
        assert!(log.records().iter().all(|record| record.payload.is_empty()));
        assert_eq!(log.lines().len(), 2);
    }

    #[test]
    fn a_closed_gate_is_not_looked_at() {
        struct Counted;
        impl fmt::Debug for Counted {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                SEEN.set(SEEN.get() + 1);
                f.write_str("seen")
            }
        }
        thread_local! {
            static SEEN: Cell<u8> = const { Cell::new(0) };
        }
        #[operation(args(maximum: ?value))]
        fn gated(value: Counted) {}
        logged(settings(), || gated(Counted));
        assert_eq!(SEEN.get(), 0);
        logged(settings().with_verbosity(Verbosity::Maximum), || gated(Counted));
        assert_eq!(SEEN.get(), 1);
    }
}

mod sampling {
    use super::*;

    #[operation]
    fn tree(fail: bool) -> Result<u8, String> {
        leaf();
        run("a", fail)
    }

    #[operation]
    fn leaf() {}

    #[test]
    fn whole_trees_are_kept_or_none() {
        let sampling = Sampling::default().keep_one_in(4, "tree").unwrap();
        let log = logged(settings().with_sampling(sampling), || {
            (0..100).for_each(|_| drop(tree(false)));
            leaf();
        });
        log.assert_every_invoke_ended_once();
        let named = |name| log.records().iter().filter(|record| record.event_name == name).count();
        assert_eq!((named("tree"), named("run"), named("leaf")), (50, 50, 52));
    }

    #[test]
    fn failures_and_cancellations_are_kept_with_their_invoke() {
        let sampling = Sampling::default().keep_one_in_of_others(1 << 40).unwrap();
        let log = logged(settings().with_sampling(sampling), || {
            let _ = tree(true);
            assert!(poll_once(pin!(wait())).is_pending());
            leaf();
        });
        let expected = [
            "run invoke",
            "run failed",
            "tree invoke",
            "tree failed",
            "wait invoke",
            "wait cancelled",
        ];
        assert_eq!(story(&log), expected);
        log.assert_every_invoke_ended_once();
    }

    #[test]
    fn it_holds_below_a_root_that_a_policy_refuses() {
        let sampling = Sampling::default().keep_one_in_of_others(1 << 40).unwrap();
        let policy = |event: &EventMetadata<'_>| event.event_name != "tree";
        let log =
            logged(settings().with_sampling(sampling).with_policy(policy), || drop(tree(false)));
        assert_eq!(log.lines(), [""; 0]);
    }

    #[test]
    fn names_are_compared_as_they_are() {
        let sampling = Sampling::default().keep_one_in(1 << 40, "say \"hi\"").unwrap();
        let log = logged(settings().with_sampling(sampling), || {
            tracing_invocation::begin(tracing::info_span!("say \"hi\"")).complete();
        });
        assert_eq!(log.lines(), [""; 0]);
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        let zero = Sampling::default().keep_one_in(0, "run").unwrap_err();
        assert!(
            zero.to_string()
                .starts_with("sampling of \"run\": one in zero is nothing; write 1 to keep all")
        );
        let twice =
            Sampling::default().keep_one_in(2, "run").unwrap().keep_one_in(3, "run").unwrap_err();
        assert!(twice.to_string().ends_with("name it once"));
    }
}

mod live {
    use super::*;

    #[test]
    fn every_record_is_built_under_one_value() {
        const THREADS: usize = 8;
        const CALLS: usize = 400;
        let one = settings().with_levels(Levels {
            invoke: Level::Info,
            success: Level::Info,
            ..Levels::DEFAULT
        });
        let formatted = |word: &'static str| {
            move |_: &tracing_invocation::ContextFields| {
                json!({ "word": word }).as_object().cloned()
            }
        };
        let one = one.with_context_formatter(formatted("info"));
        let other = settings().with_levels(Levels {
            invoke: Level::Warn,
            success: Level::Warn,
            ..Levels::DEFAULT
        });
        let other = other.with_context_formatter(formatted("warn"));
        let denying = settings().with_policy(deny_all).with_context_formatter(formatted("error"));

        let log = Log::new();
        let layer = log.layer().with_settings(one.clone());
        let handle = layer.handle();
        let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
        let running = AtomicUsize::new(THREADS);
        let reloads = std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    tracing::dispatcher::with_default(&dispatch, || {
                        for call in 0..CALLS {
                            let _ = run("a", call % 2 == 0);
                        }
                    });
                    running.fetch_sub(1, Ordering::Release);
                });
            }
            let mut reloads = 0;
            while running.load(Ordering::Acquire) > 0 {
                for settings in [&one, &other, &denying] {
                    handle.replace(settings.clone());
                    reloads += 1;
                }
                std::thread::yield_now();
            }
            reloads
        });
        assert!(reloads > 0);
        check_lines(&log);
        let records = log.records();
        let failed =
            records.iter().filter(|record| record.event_outcome == Outcome::Failed).count();
        assert_eq!(failed, THREADS * CALLS / 2, "no failure is lost");
        for record in &records {
            let word = record.payload["word"].as_str().unwrap();
            match record.event_outcome {
                Outcome::Failed => assert!(["info", "warn", "error"].contains(&word)),
                // Levels and context come from the same value, or the default levels with the denying one.
                _ if record.level == Level::Debug => assert_eq!(word, "error"),
                _ => assert_eq!(record.level.as_str().to_lowercase(), word),
            }
        }
    }

    #[test]
    fn settings_that_were_replaced_are_gone() {
        struct Counted(Arc<AtomicUsize>);
        impl EventPolicy for Counted {
            fn is_recorded(&self, _: &EventMetadata<'_>) -> bool {
                true
            }
        }
        impl Drop for Counted {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let log = Log::new();
        let layer = log.layer();
        let handle = layer.handle();
        let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
        let (alive, most) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
        let running = AtomicUsize::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    tracing::dispatcher::with_default(&dispatch, || {
                        (0..2_000).for_each(|_| drop(run("a", false)));
                    });
                    running.fetch_sub(1, Ordering::Release);
                });
            }
            while running.load(Ordering::Acquire) > 0 {
                alive.fetch_add(1, Ordering::Relaxed);
                let policy = Counted(Arc::clone(&alive));
                handle.replace(settings().with_policy(policy));
                most.fetch_max(alive.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        });
        assert_eq!(alive.load(Ordering::Relaxed), 1, "only the settings in force are alive");
        let most = most.into_inner();
        // Each thread may hold on to the value it works under, and the replacing one to two.
        assert!(most <= 8, "{most} at once");
    }

    #[test]
    fn updates_from_many_threads_are_all_made() {
        let log = Log::new();
        let layer = log.layer();
        let handle = layer.handle();
        handle.update(|settings| {
            settings.with_levels(Levels { invoke: Level::Info, ..Levels::DEFAULT })
        });
        std::thread::scope(|scope| {
            scope.spawn(|| handle.update(|settings| settings.with_verbosity(Verbosity::Maximum)));
            scope.spawn(|| handle.update(|settings| settings.with_results(true)));
        });
        let settings = format!("{:?}", handle.settings());
        assert!(
            settings.contains("verbosity: Maximum") && settings.contains("results: true"),
            "{settings}"
        );
        assert!(settings.contains("invoke: Info"), "{settings}");
    }
}
