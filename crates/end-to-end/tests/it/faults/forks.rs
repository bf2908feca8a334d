//! A process that forks and goes on in both.

use serde_json::Value;

use super::{Counted, Load, account_of};

/// What the child says of itself, after what it had from its parent, and the error of its flushing.
fn child(report: &Value) -> (Counted, Counted, Option<&str>) {
    let counted = |key: &str| Counted::of(&report[key]);
    (counted("before"), counted("after"), report["flushed"].as_str())
}

#[test]
fn a_forked_child_writes_where_there_is_no_queue() {
    let ended = Load::new("sink=append:FOLDER/log operations=1000 forks=20").finish();
    let report = ended.report("fork");
    let (before, after, flushed) = child(&report);
    assert_eq!((after.written - before.written, flushed), (200, None));
    let account = account_of(&ended.path("log"));
    assert!(account.tally().is_clean());
    assert_eq!(account.tally().records, 2_000 + 20 * 200);
}

#[test]
fn a_forked_child_has_no_writer_for_its_queue_and_neither_waits_for_it_nor_hides_that() {
    for when_full in ["block", "newest", "oldest"] {
        let plan =
            format!("sink=append:FOLDER/log operations=1000 forks=20 queue={when_full}:5000");
        let ended = Load::new(&plan).stderr_kept().finish();
        let report = ended.report("fork");
        let (before, after, flushed) = child(&report);
        assert_eq!(flushed, Some("writer: the process was forked, and its writer was not"));
        assert_eq!((after.written, after.recorded), (before.written, before.recorded + 200));
        let accounted = |of: &Counted| of.dropped + of.queued;
        assert_eq!(accounted(&after), accounted(&before) + 200, "{when_full}");
        assert!(report["after"]["outputs"][0]["dropped"]["no_writer"].as_u64().unwrap() >= 100);
        // Each child says so once.
        let stderr = ended.stderr();
        let told = "writer: records are being lost: the process was forked, and its writer was not";
        assert_eq!(stderr.matches(told).count(), 20, "{stderr}");
        // The parent goes on as if nothing was.
        let (parent, account) = (ended.counters(), account_of(&ended.path("log")));
        assert!(account.tally().is_clean());
        assert_eq!(account.tally().records, parent.written);
    }
}
