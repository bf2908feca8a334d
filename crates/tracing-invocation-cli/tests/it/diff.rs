//! `invocations diff`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::Value;
use tracing_invocation::Record;

use crate::support::{Ran, call, command, lines};

/// Compares two runs.
#[track_caller]
fn diff(arguments: &[&str], before: &[Record], after: &[Record]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    for (name, log) in [("yesterday.jsonl", before), ("today.jsonl", after)] {
        fs::write(folder.path().join(name), lines(log)).unwrap();
    }
    let mut command = command();
    command.arg("diff").args(arguments).args(["yesterday.jsonl", "today.jsonl"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Success,
    Failed(&'static str),
    Cancelled(&'static str),
    Open,
}

/// So many calls of a name that ended so, each of which took so many milliseconds.
fn ended(name: &'static str, count: u64, took: u64, end: End) -> Vec<Record> {
    // What calls are told by is made of all that they differ in.
    let kind = format!("{name} {took} {end:?}");
    let first = kind.bytes().fold(7_u64, |id, byte| (id * 31 + u64::from(byte)) % 1_000_000_007);
    let calls = (0..count).flat_map(|number| {
        let call = call(name, first * 100_000 + number + 1);
        let end = match end {
            End::Success => call.success(took),
            End::Failed(kind) => call.failed(took, kind, "no"),
            End::Cancelled(cause) => call.cancelled(took, cause),
            End::Open => return vec![call.invoke()],
        };
        vec![call.invoke(), end]
    });
    calls.collect()
}

#[test]
fn the_most_important_change_comes_first() {
    let before = [
        ended("pay", 500, 10, End::Success),
        ended("pay", 5, 10, End::Failed("Timeout")),
        ended("ship", 200, 20, End::Success),
        ended("pack", 100, 20, End::Success),
        ended("print", 30, 5, End::Success),
        ended("label", 50, 5, End::Success),
        ended("refund", 50, 5, End::Failed("Declined")),
    ]
    .concat();
    let after = [
        ended("pay", 450, 10, End::Success),
        ended("pay", 50, 10, End::Failed("Timeout")),
        ended("ship", 200, 45, End::Success),
        ended("pack", 100, 20, End::Success),
        ended("pack", 1, 20, End::Failed("Jam")),
        ended("label", 30, 5, End::Success),
        ended("label", 20, 5, End::Cancelled("timeout")),
        ended("refund", 50, 5, End::Success),
        ended("greet", 7, 5, End::Success),
    ]
    .concat();
    let ran = diff(&[], &before, &after);
    assert_snapshot!(ran.out, @"
    operation        calls  failed           cancelled       p50                p99                what changed
    shop pack    100 → 101  0.0 % → 1.0 %    0.0 %           20.0 ms            20.0 ms            new error Jam (1)
    shop pay     505 → 500  1.0 % → 10.0 %   0.0 %           10.0 ms            10.0 ms            fails more
    shop label          50  0.0 %            0.0 % → 40.0 %  5.00 ms            5.00 ms            is cancelled more, newly cancelled because timeout (20)
    shop ship          200  0.0 %            0.0 %           20.0 ms → 45.0 ms  20.0 ms → 45.0 ms  slower p50 (×2.25), slower p99 (×2.25)
    shop greet       – → 7  – → 0.0 %        – → 0.0 %       – → 5.00 ms        – → 5.00 ms        new
    shop print      30 → –  0.0 % → –        0.0 % → –       5.00 ms → –        5.00 ms → –        gone
    shop refund         50  100.0 % → 0.0 %  0.0 %           5.00 ms            5.00 ms            fails less

    7 of 7 operations changed, 4 for the worse
    ");
    assert_eq!((ran.code, &*ran.err), (0, ""));
    assert_eq!(diff(&["--exit-code"], &before, &after).code, 1);
    assert_eq!(diff(&["--exit-code", "--name", "refund"], &before, &after).code, 0);
}

#[test]
fn what_chance_explains_is_not_told() {
    let before =
        [ended("pay", 990, 100, End::Success), ended("pay", 10, 100, End::Failed("Timeout"))]
            .concat();
    let after =
        [ended("pay", 985, 105, End::Success), ended("pay", 15, 105, End::Failed("Timeout"))]
            .concat();
    let ran = diff(&["--exit-code"], &before, &after);
    assert_snapshot!(ran.out, @"nothing changed in 1 operation");
    assert_eq!(ran.code, 0);
    let ran = diff(&["--all"], &before, &after);
    assert_snapshot!(ran.out, @"
    operation  calls  failed         cancelled  p50              p99              what changed
    shop pay    1000  1.0 % → 1.5 %  0.0 %      100 ms → 105 ms  100 ms → 105 ms

    nothing changed in 1 operation
    ");
}

#[test]
fn calls_that_do_not_end_any_more_are_worse() {
    let before = ended("pay", 40, 10, End::Success);
    let after = [ended("pay", 32, 10, End::Success), ended("pay", 8, 0, End::Open)].concat();
    let ran = diff(&["--exit-code"], &before, &after);
    assert_snapshot!(ran.out, @"
    operation  calls  failed  cancelled  open   p50      p99      what changed
    shop pay      40  0.0 %   0.0 %      0 → 8  10.0 ms  10.0 ms  more do not end

    1 of 1 operation changed, 1 for the worse
    ");
    assert_snapshot!(ran.err, @"invocations: today.jsonl: 8 operations began and did not end: `invocations open today.jsonl` shows them");
    assert_eq!(ran.code, 1);
    let ran = diff(&["--format", "json"], &before, &after);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let [row, log] = [&told["operations"][0], &told["after"]];
    assert_eq!((&row["after"]["open"], &row["after"]["open_share"]), (&8.into(), &0.2.into()));
    assert_eq!(row["changes"][0]["kind"], "open_more");
    assert_eq!(
        (&row["changes"][0]["by"], &row["changes"][0]["is_worse"]),
        (&0.2.into(), &true.into())
    );
    assert_eq!((&log["open"], &told["before"]["open"]), (&8.into(), &0.into()));

    // As many as chance explains are no change, and are said all the same.
    let after = [ended("pay", 39, 10, End::Success), ended("pay", 1, 0, End::Open)].concat();
    let ran = diff(&["--exit-code"], &before, &after);
    assert_snapshot!(ran.out, @"nothing changed in 1 operation");
    assert_snapshot!(ran.err, @"invocations: today.jsonl: 1 operation began and did not end: `invocations open today.jsonl` shows it");
    assert_eq!(ran.code, 0);
    let back = diff(&["--exit-code"], &ended("pay", 90, 0, End::Open), &before);
    assert!(back.out.contains("fewer do not end"), "{}", back.out);
    assert!(back.err.starts_with("invocations: yesterday.jsonl: 90 operations"), "{}", back.err);
    assert_eq!(back.code, 0);
}

#[test]
fn the_name_of_a_log_with_open_calls_does_not_act_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = "\u{1b}[2J.jsonl";
    fs::write(folder.path().join(name), lines(&ended("pay", 2, 0, End::Open))).unwrap();
    let output = command().args(["diff", name, name]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("2 operations began") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn a_new_operation_that_goes_wrong_half_of_the_time_is_worse() {
    let before = ended("pay", 40, 10, End::Success);
    let with = |wrong, well| {
        let new = [
            ended("ship", wrong, 5, End::Cancelled("timeout")),
            ended("ship", well, 5, End::Success),
        ];
        diff(&["--exit-code"], &before, &[before.clone(), new.concat()].concat())
    };
    let ran = with(10, 10);
    assert_snapshot!(ran.out, @"
    operation   calls  failed     cancelled   p50          p99          what changed
    shop ship  – → 20  – → 0.0 %  – → 50.0 %  – → 5.00 ms  – → 5.00 ms  new, 10 of 20 failed or cancelled, newly cancelled because timeout (10)

    1 of 2 operations changed, 1 for the worse
    ");
    assert_eq!(ran.code, 1);
    for (wrong, well) in [(9, 11), (19, 0)] {
        assert_eq!(with(wrong, well).code, 0);
    }
}

#[test]
fn many_calls_after_none_are_more() {
    let slow = [call("pay", 9).slow(5, 1)];
    let ran = diff(&["--format", "json"], &slow, &ended("pay", 30, 10, End::Success));
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["operations"][0]["changes"][0]["ratio"], 30.0, "{told:#}");
}

#[test]
fn durations_of_few_calls_are_not_told() {
    let slower = |count| {
        diff(&[], &ended("pay", count, 10, End::Success), &ended("pay", count, 90, End::Success))
            .out
    };
    assert!(slower(19).starts_with("nothing changed"), "{}", slower(19));
    assert!(slower(20).contains("slower p50 (×9"), "{}", slower(20));
}

#[test]
fn a_few_that_are_slower_move_the_percentile_that_they_are() {
    let before = ended("pay", 1_000, 10, End::Success);
    let after = [ended("pay", 960, 10, End::Success), ended("pay", 40, 500, End::Success)].concat();
    let ran = diff(&[], &before, &after);
    assert_snapshot!(ran.out, @"
    operation  calls  failed  cancelled  p50      p99               what changed
    shop pay    1000  0.0 %   0.0 %      10.0 ms  10.0 ms → 500 ms  slower p99 (×50.00)

    1 of 1 operation changed, 1 for the worse
    ");
}

#[test]
fn programs_get_an_object() {
    let before = ended("pay", 40, 10, End::Success);
    let after =
        [ended("pay", 20, 10, End::Success), ended("pay", 20, 40, End::Failed("Timeout"))].concat();
    let ran = diff(&["--format", "json"], &before, &after);
    assert_snapshot!(ran.out, @r#"
    {
      "is_worse": true,
      "operations": [
        {
          "event_namespace": "shop",
          "event_name": "pay",
          "before": {
            "calls": 40,
            "success": 40,
            "failed": 0,
            "cancelled": 0,
            "unknown": 0,
            "open": 0,
            "failed_share": 0.0,
            "cancelled_share": 0.0,
            "open_share": 0.0,
            "p50_ns": 10000000,
            "p99_ns": 10000000
          },
          "after": {
            "calls": 40,
            "success": 20,
            "failed": 20,
            "cancelled": 0,
            "unknown": 0,
            "open": 0,
            "failed_share": 0.5,
            "cancelled_share": 0.0,
            "open_share": 0.0,
            "p50_ns": 10000000,
            "p99_ns": 40000000
          },
          "changes": [
            {
              "kind": "new_error",
              "is_worse": true,
              "word": "Timeout",
              "count": 20
            },
            {
              "kind": "fails_more",
              "is_worse": true,
              "by": 0.5
            },
            {
              "kind": "slower",
              "is_worse": true,
              "percentile": 99.0,
              "ratio": 4.0
            }
          ]
        }
      ],
      "before": {
        "lost_records": 0,
        "open": 0
      },
      "after": {
        "lost_records": 0,
        "open": 0
      }
    }
    "#);
}

#[test]
fn without_one_of_the_two_there_is_no_answer() {
    let log = ended("pay", 3, 10, End::Success);
    let ran = diff(&[], &log, &[]);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    let alone = command().args(["diff", "today.jsonl"]).output().unwrap();
    assert_eq!(alone.status.code(), Some(2));
}

#[test]
fn texts_of_a_log_do_not_reach_the_terminal_as_they_are() {
    let after = ended("\u{1b}[2Jpay", 3, 10, End::Failed("\u{202e}E"));
    let ran = diff(&[], &ended("pay", 3, 10, End::Success), &after);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{}", ran.out);
}

const NAMES: [&str; 3] = ["pay", "ship", "pack"];
const ENDS: [End; 6] = [
    End::Open,
    End::Success,
    End::Failed("Timeout"),
    End::Failed("Declined"),
    End::Cancelled("timeout"),
    End::Cancelled("select"),
];

/// How many calls of which name ended how.
type Run = BTreeMap<(&'static str, End), u64>;

fn run() -> impl Strategy<Value = Run> {
    let counted = (prop::sample::select(&NAMES[..]), prop::sample::select(&ENDS[..]));
    prop::collection::btree_map(counted, 1..60_u64, 1..8)
}

fn records(run: &Run) -> Vec<Record> {
    run.iter().flat_map(|((name, end), count)| ended(name, *count, 10, *end)).collect()
}

/// Whether a call ended so.
type Is = fn(End) -> bool;

/// What is told of one run after the other, by operation, but for durations, which are all the same.
fn expected(before: &Run, after: &Run) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for name in NAMES {
        let calls = |run: &Run, is: Is| -> u64 {
            run.iter()
                .filter(|((of, end), _)| *of == name && is(*end))
                .map(|(_, count)| count)
                .sum()
        };
        let [was, is] = [before, after].map(|run| calls(run, |_| true));
        let is_new = |end: &End| !before.contains_key(&(name, *end));
        for ((_, end), count) in after.iter().filter(|((of, end), _)| *of == name && is_new(end)) {
            told.extend(match end {
                End::Success | End::Open => None,
                End::Failed(kind) => Some(format!("{name} new_error {kind} {count}")),
                End::Cancelled(cause) => Some(format!("{name} new_cause {cause} {count}")),
            });
        }
        match (was, is) {
            (0, 0) => {}
            (0, _) => {
                let unwell = calls(after, |end| matches!(end, End::Failed(_) | End::Cancelled(_)));
                let is_worse = is >= 20 && unwell * 2 >= is;
                told.extend([format!("{name} new{}", if is_worse { " worse" } else { "" })]);
            }
            (_, 0) => told.extend([format!("{name} gone")]),
            _ => {
                let has_ended: Is = |end| end != End::Open;
                let kinds: [(Is, Is, [&str; 2]); 3] = [
                    (|end| matches!(end, End::Failed(_)), has_ended, ["fails_less", "fails_more"]),
                    (
                        |end| matches!(end, End::Cancelled(_)),
                        has_ended,
                        ["cancelled_less", "cancelled_more"],
                    ),
                    (|end| end == End::Open, |_| true, ["open_less", "open_more"]),
                ];
                for (kind, among, words) in kinds {
                    let [x, y] = [before, after].map(|run| calls(run, kind) as f64);
                    let [n, m] = [before, after].map(|run| calls(run, among) as f64);
                    let all = (x + y) / (n + m);
                    let z = (y / m - x / n) / (all * (1.0 - all) * (n + m) / (n * m)).sqrt();
                    if z.abs() > 2.576 {
                        told.insert(format!("{name} {}", words[usize::from(z > 0.0)]));
                    }
                }
                if was.max(is) >= 20 && (is >= 2 * was || was >= 2 * is) {
                    told.insert(format!("{name} calls"));
                }
            }
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_changed_is_told_and_nothing_else(before in run(), after in run()) {
        let ran = diff(&["--format", "json"], &records(&before), &records(&after));
        let answer: Value = serde_json::from_str(&ran.out).unwrap();
        let mut told = BTreeSet::new();
        for row in answer["operations"].as_array().unwrap() {
            let name = row["event_name"].as_str().unwrap();
            prop_assert!(!row["changes"].as_array().unwrap().is_empty());
            for change in row["changes"].as_array().unwrap() {
                let kind = change["kind"].as_str().unwrap();
                told.insert(match change["word"].as_str() {
                    Some(word) => format!("{name} {kind} {word} {}", change["count"]),
                    None if kind == "new" && change["is_worse"] == true => {
                        format!("{name} new worse")
                    }
                    None => format!("{name} {kind}"),
                });
            }
        }
        prop_assert_eq!(told, expected(&before, &after));
    }

    #[test]
    fn a_run_beside_itself_has_not_changed(run in run()) {
        let ran = diff(&["--exit-code"], &records(&run), &records(&run));
        prop_assert!(ran.out.starts_with("nothing changed in "), "{}", ran.out);
        prop_assert_eq!(ran.code, 0);
    }
}
