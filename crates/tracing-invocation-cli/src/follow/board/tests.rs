//! Tests the board against the records that it was given.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;

pub(in super::super) fn at(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_795_200_000 + millis)
}

pub(in super::super) fn record(
    span: u64,
    outcome: &str,
    millis: u64,
    payload: serde_json::Value,
) -> Record {
    let name = ["charge", "place", "reserve"][(span % 3) as usize];
    let mut record = json!({
        "timestamp": humantime::format_rfc3339_micros(at(millis)).to_string(), "level": "INFO",
        "event_namespace": "shop", "event_name": name, "event_outcome": outcome,
        "entity_id": format!("order-{span}"),
        "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": format!("{span:016x}"),
        "payload": payload,
    });
    if outcome != "invoke" {
        record["duration_ns"] = 7_000_000.into();
    }
    serde_json::from_value(record).unwrap()
}

/// A board that was told these outcomes of these operations, a millisecond after the other.
fn board(records: &[(u64, &str)]) -> Board {
    let mut board = Board::new();
    for (millis, (span, outcome)) in (0..).zip(records) {
        board.take(&record(*span, outcome, millis, json!({})), at(millis));
    }
    board
}

fn in_flight(board: &Board) -> Vec<String> {
    board.in_flight().map(|open| open.entity_id.clone().unwrap().into()).collect()
}

#[test]
fn operations_in_flight_are_listed_oldest_first() {
    let mut board = board(&[(1, "invoke"), (2, "invoke"), (3, "invoke"), (2, "success")]);
    assert_eq!(in_flight(&board), ["order-1", "order-3"]);
    // Slow since before it was heard of.
    board.take(&record(4, "slow", 5, json!({})), at(5));
    assert_eq!(in_flight(&board), ["order-4", "order-1", "order-3"]);
    let slow: Vec<_> = board.in_flight().map(|open| open.is_slow).collect();
    assert_eq!(slow, [true, false, false]);
    assert_eq!(board.in_flight().next().unwrap().age(at(10)), Duration::from_millis(12));
}

#[test]
fn an_end_without_a_known_beginning_counts() {
    let board = board(&[(1, "success"), (1, "failed"), (2, "cancelled"), (3, "unknown")]);
    assert_eq!(board.open(), 0);
    assert_eq!(board.total(), Ends { success: 1, failed: 1, cancelled: 1, unknown: 1 });
}

#[test]
fn an_error_that_passed_through_several_operations_is_listed_once() {
    let mut board = board(&[(1, "invoke"), (2, "invoke")]);
    let error = json!({"error": {"type": "Declined", "message": "no funds"}});
    board.take(&record(2, "failed", 2, error), at(2)).unwrap();
    let outer = record(1, "failed", 3, json!({"caused_by": "0000000000000002"}));
    let outer = board.take(&outer, at(3)).unwrap();
    assert_eq!(outer.reported_by.as_deref(), Some("shop reserve"));
    assert_eq!(board.notes().count(), 1);
    assert_eq!(board.total().failed, 2);
}

#[test]
fn lost_records_do_not_count_as_an_operation() {
    let mut board = Board::new();
    let mut lost = record(1, "failed", 0, json!({"error": {"details": {"lost": 3}}}));
    lost.event_namespace = "tracing_invocation".to_owned();
    lost.event_name = "delivery".to_owned();
    assert!(board.take(&lost, at(0)).is_some());
    assert_eq!((board.lost(), board.names(), board.total()), (3, 0, Ends::default()));
}

#[test]
fn memory_is_bounded() {
    let mut board = Board::new();
    let mut one = record(1, "invoke", 0, json!({}));
    one.entity_id = Some("é".repeat(100_000));
    for span in 1..=OPEN as u64 + 50 {
        one.span_id = SpanId::new(span).unwrap();
        one.event_name = format!("name {span}");
        board.take(&one, at(0));
    }
    assert_eq!((board.open(), board.untracked()), (OPEN, 50));
    assert_eq!(board.names(), 1_001);
    assert_eq!(&*board.rows().last().unwrap().label, "shop name 999");
    assert!(board.in_flight().all(|open| open.entity_id.as_ref().unwrap().len() == 2 * NAME));
    assert_eq!(&*board.in_flight().last().unwrap().label, "shop name 100000");
    for span in 1..=2_000 {
        board.take(&record(span, "failed", 0, json!({})), at(0));
    }
    assert_eq!(board.notes().count(), NOTES);
    assert_eq!(board.total().failed, 2_000);
}

proptest! {
    #[test]
    fn a_board_agrees_with_its_records(calls in prop::collection::vec((1_u64..9, 0..5_usize), 0..60)) {
        let outcomes = ["invoke", "success", "failed", "cancelled", "slow"];
        let calls: Vec<_> = calls.iter().map(|(span, of)| (*span, outcomes[*of])).collect();
        let board = board(&calls);
        let mut open = std::collections::BTreeSet::new();
        for (span, outcome) in &calls {
            match *outcome {
                "invoke" | "slow" => open.insert(*span),
                _ => open.remove(span),
            };
        }
        let count = |of: &str| calls.iter().filter(|(_, outcome)| *outcome == of).count() as u64;
        prop_assert_eq!(board.open(), open.len());
        prop_assert_eq!(board.in_flight().count(), open.len());
        prop_assert!(board.in_flight().is_sorted_by_key(|open| open.began));
        let total = board.total();
        prop_assert_eq!(total.success, count("success"));
        prop_assert_eq!(total.failed, count("failed"));
        prop_assert_eq!(total.cancelled, count("cancelled"));
        prop_assert_eq!(board.notes().count() as u64, total.failed + total.cancelled);
        let rows = board.rows();
        prop_assert_eq!(rows.iter().map(|row| row.ends.all()).sum::<u64>(), total.all());
        prop_assert_eq!(rows.iter().map(|row| row.open).sum::<u64>(), open.len() as u64);
        let now = at(calls.len() as u64);
        let ends = rows.iter().map(|row| row.per_second(Duration::from_secs(60), now) * 60.0);
        prop_assert!((ends.sum::<f64>() - total.all() as f64).abs() < 1e-6);
    }
}
