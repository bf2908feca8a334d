//! The level of each outcome, and which records are written.

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
