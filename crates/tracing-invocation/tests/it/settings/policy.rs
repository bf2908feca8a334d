//! Policies: which calls are recorded while they go well.

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
    let file = FILE;
    let told =
        |id| format!("(\"it::settings\", \"run\", Some(\"{id}\"), Some({file:?}), Some(\"run\"))");
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
        let layer = layer.with_context_formatter(|_| is_wanted("formatted").then(Default::default));
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
            let span = tracing::info_span!(
                "x",
                invocation.name = name,
                invocation.namespace = "app.db",
                invocation.evidence = "ret",
            );
            span.in_scope(|| {});
            span.in_scope(|| {});
        }
    });
    assert_eq!(story(&log), ["by \"hand\" invoke", "by \"hand\" cancelled", "other cancelled"]);
}
