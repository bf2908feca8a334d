//! `tree`.

mod filters;
mod hostile;

use std::fs;

use proptest::prelude::*;
use serde_json::json;
use tracing_invocation::Record;

use crate::support::{Call, Ran, call, invocations, lines};

#[track_caller]
fn tree(records: &[Record], arguments: &[&str]) -> Ran {
    let ran = invocations(&[&["tree"], arguments].concat(), lines(records));
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

/// The trees of a log of which nothing has to be noted.
#[track_caller]
fn shown(records: &[Record], arguments: &[&str]) -> String {
    let ran = tree(records, arguments);
    assert_eq!(ran.err, "", "{}", ran.out);
    ran.out
}

fn inner(name: &'static str, span: u64, parent: u64) -> Call {
    call(name, span).of_trace(1).inside(parent)
}

/// An order that is placed although its mail is not sent.
fn order() -> Vec<Record> {
    let place = call("place", 1).on("order-7");
    let reserve = inner("reserve", 2, 1).on("order-7").at(1);
    let charge = inner("charge", 3, 1).on("order-7").at(20);
    let connect = inner("connect", 4, 3).at(21);
    let mail = inner("mail", 5, 1).at(60);
    vec![
        place.invoke(),
        reserve.invoke(),
        reserve.success(12),
        charge.invoke(),
        connect.invoke(),
        connect.success(9),
        charge.success(35),
        mail.invoke(),
        mail.failed(4, "MailError", "no such mailbox"),
        place.success(65),
    ]
}

/// Operations in one another, all of which were dropped by a timeout around the outermost.
fn cascade() -> Vec<Record> {
    let checkout = call("checkout", 1).on("order-8");
    let charge = inner("charge", 2, 1).on("order-8").at(2);
    let connect = inner("connect", 3, 2).at(3);
    let mut told = connect.cancelled(47, "timeout");
    told.payload["cancellation"] = json!({
        "cause": "timeout", "dropped_at": "shop::main (src/main.rs:52)",
        "awaiting": [{"on": "tokio::sync::Mutex::lock", "chain": ["src/pool.rs:8", "src/pool.rs:21"]}],
    });
    let ends = [told, charge.cancelled_by(48, 3), checkout.cancelled_by(50, 3)];
    [checkout.invoke(), charge.invoke(), connect.invoke()].into_iter().chain(ends).collect()
}

#[test]
fn what_ran_inside_what_is_a_tree() {
    insta::assert_snapshot!(shown(&order(), &[]), @r"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  5 operations  65.0 ms
    ✓ success   shop place order-7  65.0 ms
    ├─ ✓ success   shop reserve order-7  12.0 ms
    ├─ ✓ success   shop charge order-7  35.0 ms
    │  └─ ✓ success   shop connect  9.00 ms
    └─ ✗ failed    shop mail  4.00 ms  MailError: no such mailbox
    ");
}

#[test]
fn a_cascade_is_one_line() {
    insta::assert_snapshot!(shown(&cascade(), &[]), @r"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  3 operations  50.0 ms
    ⊘ cancelled shop checkout order-8 › charge › connect  50.0 ms  timeout at shop::main (src/main.rs:52), waiting for tokio::sync::Mutex::lock at src/pool.rs:21
    ");
}

#[test]
fn a_cascade_that_is_unfolded_names_who_tells_it() {
    insta::assert_snapshot!(shown(&cascade(), &["--unfold"]), @r"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  3 operations  50.0 ms
    ⊘ cancelled shop checkout order-8  50.0 ms  with shop connect
    └─ ⊘ cancelled shop charge order-8  48.0 ms  with shop connect
       └─ ⊘ cancelled shop connect  47.0 ms  timeout at shop::main (src/main.rs:52), waiting for tokio::sync::Mutex::lock at src/pool.rs:21
    ");
}

#[test]
fn one_error_through_several_operations_is_told_once() {
    let [place, charge, fetch, parse] = [
        call("place", 1),
        inner("charge", 2, 1).at(1),
        inner("fetch", 3, 2).at(2),
        inner("parse", 4, 3).at(3),
    ];
    let mut records = vec![
        place.invoke(),
        charge.invoke(),
        fetch.invoke(),
        parse.invoke(),
        parse.failed(1, "ParseError", "line 3"),
        fetch.failed_by(3, 4),
        charge.failed_by(5, 4),
        place.failed_by(9, 4),
    ];
    let sole = shown(&records, &[]);
    let refund = inner("refund", 5, 1).at(7);
    records.extend([refund.invoke(), refund.success(1)]);
    insta::assert_snapshot!(sole + &shown(&records, &[]), @r"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  4 operations  9.00 ms
    ✗ failed    shop place › charge › fetch › parse  9.00 ms  ParseError: line 3
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  5 operations  9.00 ms
    ✗ failed    shop place  9.00 ms  by shop parse
    ├─ ✗ failed    shop charge › fetch › parse  5.00 ms  ParseError: line 3
    └─ ✓ success   shop refund  1.00 ms
    ");
}

#[test]
fn the_teller_of_an_error_may_be_missing() {
    let outer = call("place", 1);
    insta::assert_snapshot!(shown(&[outer.failed_by(9, 0xbeef)], &[]), @"2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  ✗ failed    shop place  9.00 ms  by 000000000000beef, which is not in the log");
}

#[test]
fn siblings_that_are_alike_are_one_line() {
    let import = call("import", 1);
    let mut records = vec![import.invoke()];
    for number in 0..37_u64 {
        let row = inner("row", 100 + number, 1).at(number).on(format!("row-{number}"));
        let parse = inner("parse", 200 + number, 100 + number).at(number);
        records.extend([parse.success(1), row.success(2 + number % 7)]);
    }
    for number in 0..6 {
        let send = inner("send", 300 + number, 1).at(50 + number);
        let message = if number < 4 { "broken pipe" } else { "no route" };
        records.push(send.failed(1, "io::Error", message));
    }
    for number in 0..3 {
        records.push(inner("wait", 400 + number, 1).at(60 + number).invoke());
    }
    let row = inner("row", 500, 1).at(70);
    records.extend([row.success(400), row.slow(300, 100)]);
    records.push(import.success(480));
    insta::assert_snapshot!(shown(&records, &[]), @"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  85 operations  480 ms until the log ends
    ✓ success   shop import  480 ms
    ├─ ✓ success   shop row row-0 … row-36  × 37, 2.00 ms to 8.00 ms  with 37 operations inside
    ├─ ✗ failed    shop send  × 4, 1.00 ms  io::Error: broken pipe
    ├─ ✗ failed    shop send  1.00 ms  io::Error: no route
    ├─ ✗ failed    shop send  1.00 ms  io::Error: no route
    ├─ → open      shop wait  × 3, 418 ms to 420 ms until the log ends
    └─ ✓ success   shop row  400 ms  ~ slow: expected to take 100 ms
    ");
    assert_eq!(shown(&records, &["--unfold"]).lines().count(), 2 + 2 * 37 + 6 + 3 + 1);
}

#[test]
fn a_failure_inside_keeps_what_is_alike_apart() {
    let mut records = Vec::new();
    for number in 0..5 {
        let row = inner("row", 100 + number, 1).at(number);
        records.push(row.success(1));
    }
    records.push(inner("parse", 7, 102).failed(1, "ParseError", "line 3"));
    records.push(call("import", 1).success(9));
    insta::assert_snapshot!(shown(&records, &[]), @r"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  7 operations  9.00 ms
    ✓ success   shop import  9.00 ms
    ├─ ✓ success   shop row  1.00 ms
    ├─ ✓ success   shop row  1.00 ms
    ├─ ✓ success   shop row  1.00 ms
    │  └─ ✗ failed    shop parse  1.00 ms  ParseError: line 3
    ├─ ✓ success   shop row  1.00 ms
    └─ ✓ success   shop row  1.00 ms
    ");
}

#[test]
fn what_is_open_has_its_age() {
    let place = call("place", 1).on("order-7");
    let charge = inner("charge", 2, 1).at(1_000);
    let records = [place.invoke(), charge.invoke(), charge.slow(3_000, 2_500)];
    insta::assert_snapshot!(shown(&records, &[]), @"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  2 operations  4.00 s until the log ends
    → open      shop place order-7  4.00 s until the log ends
    └─ → open      shop charge  3.00 s until the log ends  ~ slow: expected to take 2.50 s
    ");
}

#[test]
fn how_else_operations_end_is_said() {
    let mut exit = call("serve", 1).unknown(5);
    exit.payload.insert("unknown_reason".into(), "process exit".into());
    let mut panic = inner("render", 2, 1).failed(1, "panic", "index out of bounds");
    panic.payload["error"]["location"] = "src/page.rs:7:13".into();
    let mut parent = inner("poll", 3, 1).cancelled(1, "parent");
    parent.payload["cancellation"] = json!({
        "cause": "parent", "span_id": "0000000000000001", "parent_cause": "sibling_failed",
    });
    let mut reason = inner("sync", 4, 1).cancelled(1, "dropped");
    reason.payload["cancellation"]["reason"] = "the disk is full".into();
    let mut plain = inner("tick", 5, 1).cancelled(1, "dropped");
    plain.payload.remove("cancellation");
    insta::assert_snapshot!(shown(&[exit, panic, parent, reason, plain], &[]), @"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  5 operations  5.00 ms
    ? unknown   shop serve  5.00 ms  process exit
    ├─ ✗ failed    shop render  1.00 ms  panic: index out of bounds at src/page.rs:7:13
    ├─ ⊘ cancelled shop poll  1.00 ms  because shop serve was: sibling failed
    ├─ ⊘ cancelled shop sync  1.00 ms  dropped: the disk is full
    └─ ⊘ cancelled shop tick  1.00 ms
    ");
}

#[test]
fn an_operation_whose_parent_is_missing_stands_below_a_note_of_it() {
    let records = [
        inner("charge", 2, 9).at(1).success(4),
        inner("mail", 3, 9).at(2).success(4),
        call("place", 1).success(7),
    ];
    insta::assert_snapshot!(shown(&records, &[]), @r"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  3 operations  7.00 ms
    ✓ success   shop place  7.00 ms
    (parent 0000000000000009 is not in the log)
    ├─ ✓ success   shop charge  4.00 ms
    └─ ✓ success   shop mail  4.00 ms
    ");
}

#[test]
fn operations_inside_one_another_in_a_circle_are_shown() {
    let records = [
        inner("egg", 2, 3).success(4),
        inner("hen", 3, 2).at(2).success(4),
        inner("self", 4, 4).success(1),
    ];
    insta::assert_snapshot!(shown(&records, &[]), @r"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  3 operations  6.00 ms
    (parent 0000000000000003 is shop hen, which is said to be inside these)
    └─ ✓ success   shop egg  4.00 ms
       └─ ✓ success   shop hen  4.00 ms
    (parent 0000000000000004 is shop self, which is said to be inside these)
    └─ ✓ success   shop self  1.00 ms
    ");
}

#[test]
fn an_operation_that_took_longer_than_there_were_times_began_when_it_ended() {
    let mut end = call("sweep", 1).success(5);
    end.duration_ns = Some(u64::MAX);
    insta::assert_snapshot!(shown(&[end], &[]), @"2026-11-27T16:00:00.005Z  trace 00000000000000000000000000000001  ✓ success   shop sweep  213503d 23h");
    let mut silent = call("sweep", 1).success(5);
    silent.duration_ns = None;
    insta::assert_snapshot!(shown(&[silent], &[]), @"2026-11-27T16:00:00.005Z  trace 00000000000000000000000000000001  ✓ success   shop sweep  0 ns");
}

#[test]
fn what_is_only_known_to_be_slow_is_as_old_as_it_was_said_to_be() {
    insta::assert_snapshot!(shown(&[call("sweep", 1).slow(60_000, 9)], &[]), @"2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  → open      shop sweep  1m 00s until the log ends  ~ slow: expected to take 9.00 ms");
}

#[test]
fn siblings_that_are_alike_but_for_what_they_work_on_say_so() {
    let of = |span, entity: &str| inner("send", span, 1).on(entity).success(1);
    let log = [of(2, "a"), of(3, "b"), of(4, "a")];
    assert!(shown(&log, &[]).contains("shop send a … a  × 3"));
}

#[test]
fn lost_records_are_noted() {
    let lost = r#"{"timestamp":"2026-11-27T16:00:00.000000Z","level":"ERROR","event_namespace":"tracing_invocation","event_name":"delivery","event_outcome":"failed","trace_id":"000000000000000000000000000000ff","span_id":"00000000000000ff","duration_ns":1,"payload":{"error":{"type":"records_lost","message":"3 records lost","details":{"lost":3}}}}"#;
    let ran = invocations(&["tree"], lines(&order()) + lost + "\n");
    insta::assert_snapshot!(ran.err, @r"
    invocations: the log reports that 3 records were lost: missing ends may be among them
    ");
    assert!(!ran.out.contains("delivery"));
}

/// A terminal of so many columns, which `script` of util-linux makes.
#[cfg(target_os = "linux")]
#[test]
fn what_has_no_room_on_a_line_of_a_terminal_stands_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("app.jsonl");
    fs::write(&log, lines(&cascade())).unwrap();
    let program = env!("CARGO_BIN_EXE_invocations");
    let line = format!("stty cols 50; '{program}' tree '{}'", log.display());
    let mut command = std::process::Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env("TERM", "xterm");
    command.env("NO_COLOR", "1");
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let seen = String::from_utf8(output.stdout).unwrap();
    insta::assert_snapshot!(seen.replace('\r', ""), @"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  3 operations  50.0 ms
    ⊘ cancelled shop checkout order-8 › charge › connect  50.0 ms
                timeout at shop::main (src/main.rs:52), waiting for tokio::sync::Mutex::lock at src/pool.rs:21
    ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_lines_does_not_matter(
        records in log().prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
    ) {
        let (ordered, shuffled) = records;
        prop_assert_eq!(shown(&ordered, &[]), shown(&shuffled, &[]));
    }
}

/// Operations in a few traces, whose parents come before them or are missing, and which end in every way or not.
fn log() -> impl Strategy<Value = Vec<Record>> {
    let one = (0..3_u64, 0..12_u64, 0..6_u8, 0..4_u64, 0..3_usize);
    prop::collection::vec(one, 1..24).prop_map(|calls| {
        let mut records = Vec::new();
        for (span, (trace, parent, how, at, name)) in (1_u64..).zip(calls) {
            let one = call(["load", "parse", "send"][name], span).at(at);
            let mut one = one.of_trace(u128::from(trace + 1));
            if parent > 0 {
                one = one.inside(span.saturating_sub(parent).max(parent));
            }
            if how != 1 {
                records.push(one.invoke());
            }
            records.extend(match how {
                0 => Some(one.failed(2, "Full", "no room")),
                1 | 2 => Some(one.success(1 + at)),
                3 => Some(one.cancelled_by(3, parent + 1)),
                4 => Some(one.cancelled(3, "timeout")),
                _ => None,
            });
        }
        records
    })
}
