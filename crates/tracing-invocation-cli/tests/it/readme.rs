//! What the README shows is what the program prints.

use serde_json::json;
use tracing_invocation::Record;

use crate::support::{Call, call, invocations, lines};

/// An order that is delivered, one that cannot be paid, and one whose client hung up.
fn shop() -> Vec<Record> {
    let mut records = Vec::new();
    let mut both = |call: &Call, end: Record| records.extend([call.invoke(), end]);
    let order = |name, span, trace| call(name, span).of_trace(trace).on(format!("order-{trace}"));

    let place = order("place", 1, 1);
    both(&place, place.success(65));
    for (span, millis) in (10..22).zip([3, 4, 4, 3, 5, 4, 3, 9, 4, 3, 4, 5]) {
        let reserve = order("reserve", span, 1).inside(1).at(span);
        both(&reserve, reserve.success(millis));
    }
    let charge = order("charge", 2, 1).inside(1).at(26);
    both(&charge, charge.success(38));

    let declined = order("place", 31, 2).at(100);
    let charge = order("charge", 32, 2).inside(31).at(104);
    both(&declined, declined.failed_by(45, 32));
    both(&charge, charge.failed(40, "Declined", "the card has expired"));

    let left = order("place", 41, 3).at(200);
    let ship = order("ship", 42, 3).inside(41).at(210);
    let lock = order("lock_stock", 43, 3).inside(42).at(211);
    both(&left, left.cancelled_by(5_000, 43));
    both(&ship, ship.cancelled_by(4_990, 43));
    let mut end = lock.cancelled(4_989, "timeout");
    end.payload["cancellation"] = json!({
        "cause": "timeout", "dropped_at": "shop::serve (src/serve.rs:31)",
        "awaiting": [{ "on": "tokio::sync::Mutex::lock", "chain": ["shop::lock_stock (src/stock.rs:12)"] }],
    });
    both(&lock, end);
    records
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = include_str!("../../README.md");
    let shown = readme.split("```console\n").skip(1).filter_map(|block| block.split("```").next());
    let shown: Vec<_> = shown.collect();
    assert_eq!(shown.len(), 2, "two sessions");
    for session in shown {
        let (typed, printed) = session.split_once('\n').unwrap();
        let command = typed.strip_prefix("$ invocations ").unwrap();
        let command = command.strip_suffix(" app.jsonl").unwrap();
        let ran = invocations(&[command], lines(&shop()));
        assert_eq!((ran.code, &*ran.err), (0, ""));
        assert_eq!(ran.out, printed, "{}", ran.out);
    }
}
