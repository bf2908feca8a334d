//! Settings replaced while operations run.

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
        move |_: &tracing_invocation::ContextFields| json!({ "word": word }).as_object().cloned()
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
    let failed = records.iter().filter(|record| record.event_outcome == Outcome::Failed).count();
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
        let threads = [(); 2].map(|()| {
            scope.spawn(|| {
                tracing::dispatcher::with_default(&dispatch, || {
                    (0..2_000).for_each(|_| drop(run("a", false)));
                });
                running.fetch_sub(1, Ordering::Release);
            })
        });
        while running.load(Ordering::Acquire) > 0 {
            alive.fetch_add(1, Ordering::Relaxed);
            let policy = Counted(Arc::clone(&alive));
            handle.replace(settings().with_policy(policy));
            most.fetch_max(alive.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        // A thread holds on to what it recorded under until it has ended, which a scope does not wait for.
        threads.into_iter().for_each(|thread| thread.join().unwrap());
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
    handle
        .update(|settings| settings.with_levels(Levels { invoke: Level::Info, ..Levels::DEFAULT }));
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
