//! `invocations check`.

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use tracing_invocation::Record;
use tracing_invocation::format::{Ecs, Format, GoogleCloud, OtlpJson};

use crate::support::{Ran, call, command, invocations, lines};

fn check(arguments: &[&str], log: impl AsRef<[u8]>) -> Ran {
    invocations(&[&["check"], arguments].concat(), log)
}

/// A record with something changed.
fn changed(record: &Record, change: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::to_value(record).unwrap();
    change(&mut value);
    format!("{value}\n")
}

/// A record that tells what is missing.
fn losses(count: u64) -> Record {
    let mut record = call("delivery", 99).failed(5, "records_lost", "2 records: queue full");
    record.event_namespace = "tracing_invocation".to_owned();
    record.payload["error"]["details"] = json!({ "lost": count });
    record
}

#[test]
fn a_log_as_it_should_be_has_no_offences() {
    let pay = call("pay", 1).at(0);
    let charge = call("charge", 2).of_trace(1).inside(1).at(1);
    let log = lines(&[
        pay.invoke(),
        charge.invoke(),
        charge.slow(5, 2),
        charge.failed(7, "Declined", "no"),
        pay.failed_by(9, 2),
    ]);
    let ran = check(&[], log);
    assert_snapshot!(ran.out, @"no problems in 5 records of 2 operations");
    assert_eq!((ran.code, &*ran.err), (0, ""));
}

#[test]
fn offences_are_told_in_the_order_of_the_log() {
    let (pay, ship, pack) = (call("pay", 1), call("ship", 2).at(10), call("pack", 3).at(20));
    let mut early = ship.success(1);
    early.timestamp = ship.at(2).invoke().timestamp;
    let ship = call("ship", 2).at(10);
    let log = [
        lines(&[pay.invoke(), pay.success(1), pay.unknown(2), ship.invoke(), early]),
        changed(&pack.invoke(), |it| it["payload"] = json!({ "result": 1, "args": [] })),
        lines(&[pay.invoke()]),
        "{\"timestamp\":\"2026-11-2\n".to_owned(),
        changed(&call("void", 4).success(1), |it| {
            it["timestamp"] = "2026-99-22T08:00:00.123456Z".into()
        }),
    ]
    .concat();
    let ran = check(&[], log);
    assert_snapshot!(ran.out, @r#"
    stdin:3: `pay` (trace 00000000000000000000000000000001, span 0000000000000001) ends a second time, after stdin:2
    stdin:5: `ship` (trace 00000000000000000000000000000002, span 0000000000000002) ends at a time before it begins, at stdin:4
    stdin:6: `payload.args` is [] (allowed: an object); `payload.result` does not belong to a record `invoke`
    stdin:6: `pack` (trace 00000000000000000000000000000003, span 0000000000000003) has no end
    stdin:7: `pay` (trace 00000000000000000000000000000001, span 0000000000000001) begins a second time, after stdin:1
    stdin:8: a record that is cut off
    stdin:9: cannot be parsed as a record: timestamp "2026-99-22T08:00:00.123456Z" is not of the form 2026-11-22T08:00:00.123456Z: numeric component is out of range
    7 problems in 8 records of 4 operations: 1 record against the schema, 1 record that cannot be parsed, 1 torn line, 1 second beginning, 1 second end, 1 end before its beginning, 1 beginning without an end
    if the program is still running, open operations are not a problem: pass `--allow-open`
    1 end has no beginning in the log: a policy, a threshold or sampling may have omitted it
    "#);
    assert_eq!((ran.code, &*ran.err), (1, ""));
}

#[test]
fn what_satisfies_the_schema_and_is_no_record_is_an_offence() {
    let pay = call("pay", 1);
    let broken = |number: &str| {
        let whole = lines(&[pay.success(5)]);
        lines(&[pay.invoke()])
            + &whole.replace("\"duration_ns\":5000000", &format!("\"duration_ns\":{number}"))
    };
    assert_eq!(check(&[], broken("7")).code, 0);
    assert_snapshot!(check(&[], broken("7.0")).out, @"
    stdin:2: cannot be parsed as a record: invalid type: floating point `7.0`, expected u64
    1 problem in 2 records of 1 operation: 1 record that cannot be parsed
    ");
    assert_snapshot!(check(&[], broken("36893488147419103232")).out, @"
    stdin:2: cannot be parsed as a record: invalid type: floating point `3.6893488147419103e+19`, expected u64
    1 problem in 2 records of 1 operation: 1 record that cannot be parsed
    ");
}

#[test]
fn an_end_of_which_more_is_wrong_is_still_an_end() {
    let pay = call("pay", 1);
    let log = lines(&[pay.invoke()]) + &changed(&pay.success(1), |it| it["level"] = "LOUD".into());
    let ran = check(&[], log);
    assert_snapshot!(ran.out, @r#"
    stdin:2: `level` is "LOUD" (allowed: TRACE, DEBUG, INFO, WARN, ERROR)
    1 problem in 2 records of 1 operation: 1 record against the schema
    "#);
}

#[test]
fn what_still_runs_is_allowed_where_that_is_asked_for() {
    let log = lines(&[call("pay", 1).invoke()]);
    assert_eq!(check(&[], &log).code, 1);
    let ran = check(&["--allow-open"], &log);
    assert_snapshot!(ran.out, @"
    no problems in 1 record of 1 operation
    1 operation is open
    ");
    assert_eq!(ran.code, 0);
}

#[test]
fn what_the_convention_leaves_out_is_an_offence_only_to_the_strict() {
    let log = "listening on 80\n".to_owned() + &lines(&[call("pay", 1).success(1), losses(2)]);
    let ran = check(&[], &log);
    assert_snapshot!(ran.out, @"
    no problems in 2 records of 1 operation
    the log reports that 2 records were lost: missing ends may be among them
    1 end has no beginning in the log: a policy, a threshold or sampling may have omitted it
    ");
    assert_snapshot!(ran.err, @"invocations: 1 line was skipped, not a record: stdin:1");
    assert_eq!(ran.code, 0);
    let ran = check(&["--strict"], &log);
    assert_snapshot!(ran.out, @"
    stdin:1: not a record
    stdin:2: `pay` (trace 00000000000000000000000000000001, span 0000000000000001) has no beginning
    2 problems in 2 records of 1 operation: 1 end without a beginning, 1 line that is not a record
    the log reports that 2 records were lost: missing ends may be among them
    ");
    assert_eq!((ran.code, &*ran.err), (1, ""));
}

#[test]
fn programs_get_an_object() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.jsonl"), lines(&[call("pay", 1).invoke(), losses(3)]))
        .unwrap();
    let mut command = command();
    let ran = command.args(["check", "--format", "json", "app.jsonl"]).current_dir(folder.path());
    let output = ran.output().unwrap();
    assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r#"
    {
      "records": 2,
      "operations": 1,
      "offences": 1,
      "counts": {
        "end_before_beginning": 0,
        "foreign": 0,
        "invalid": 0,
        "no_beginning": 0,
        "no_end": 1,
        "schema": 0,
        "second_beginning": 0,
        "second_end": 0,
        "too_long": 0,
        "torn": 0
      },
      "first": [
        {
          "file": "app.jsonl",
          "line": 1,
          "kind": "no_end",
          "what": "`pay` (trace 00000000000000000000000000000001, span 0000000000000001) has no end"
        }
      ],
      "open": 1,
      "without_beginning": 0,
      "lost_records": 3
    }
    "#);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn first_bounds_what_is_told_and_not_what_is_counted() {
    let calls: Vec<_> = (1..=50).map(|span| call("pay", span).invoke()).collect();
    let ran = check(&["--first", "1"], lines(&calls));
    assert_snapshot!(ran.out, @"
    stdin:1: `pay` (trace 00000000000000000000000000000001, span 0000000000000001) has no end
    50 problems in 50 records of 50 operations: 50 beginnings without an end
    if the program is still running, open operations are not a problem: pass `--allow-open`
    ");
    let ran = check(&["--first", "0"], lines(&calls));
    assert_snapshot!(ran.out, @"
    50 problems in 50 records of 50 operations: 50 beginnings without an end
    if the program is still running, open operations are not a problem: pass `--allow-open`
    ");
}

#[test]
fn a_line_that_is_too_long_is_an_offence_and_those_around_it_are_read() {
    let pay = call("pay", 1);
    let log = lines(&[pay.invoke()]) + &"x".repeat(10 << 20) + "\n" + &lines(&[pay.success(1)]);
    let ran = check(&[], log);
    assert_snapshot!(ran.out, @"
    stdin:2: longer than 8 MiB
    1 problem in 2 records of 1 operation: 1 line that is too long
    ");
    assert_eq!((ran.code, &*ran.err), (1, ""));
}

#[test]
fn records_in_the_words_of_other_schemas_are_held_to_their_own() {
    let (pay, charge) = (call("pay", 1).on("order-7"), call("charge", 2).of_trace(1).inside(1));
    let log = [
        pay.invoke(),
        charge.invoke(),
        charge.slow(4, 1),
        charge.cancelled(5, "timeout"),
        pay.failed(6, "Timeout", "too late"),
        losses(1),
    ];
    let formats: [&dyn Format; 3] = [&Ecs::new(), &GoogleCloud::new(), &OtlpJson::new("shop")];
    for format in formats {
        let mut text = Vec::new();
        log.iter().for_each(|record| format.format(record, &mut text));
        let text = String::from_utf8(text).unwrap();
        let ran = check(&[], &text);
        assert!(
            ran.out.starts_with("no problems in 6 records of 2 operations\n"),
            "{ran:?}\n{text}"
        );
        let ran = check(&[], text.replace("timeout", "whim"));
        assert!(
            ran.out.starts_with("stdin:4: `payload.cancellation.cause` is \"whim\" (allowed: "),
            "{ran:?}"
        );
        assert_eq!(ran.code, 1);
    }
}

#[test]
fn what_cannot_be_read_is_trouble() {
    assert_eq!(check(&["missing.jsonl"], "").code, 2);
    let ran = check(&[], "nothing of ours\n");
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert_eq!(check(&["--format", "json"], "").code, 2);
}

/// What is done to an operation of a log.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Whole,
    Open,
    Unbegun,
    Begun(usize),
    Ended(usize),
    Backwards,
    WrongBeginning,
    WrongEnd,
    Unreadable,
    Torn,
    Foreign,
    Blank,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        8 => Just(Fate::Whole),
        1 => Just(Fate::Open),
        1 => Just(Fate::Unbegun),
        1 => (2..5_usize).prop_map(Fate::Begun),
        1 => (2..5_usize).prop_map(Fate::Ended),
        1 => Just(Fate::Backwards),
        1 => Just(Fate::WrongBeginning),
        1 => Just(Fate::WrongEnd),
        1 => Just(Fate::Unreadable),
        1 => Just(Fate::Torn),
        1 => Just(Fate::Foreign),
        1 => Just(Fate::Blank),
    ]
}

/// The lines of an operation, and the kinds of offences that they are. Of several that are `first`, the first one in the log
/// is none.
fn lines_of(fate: Fate, span: u64, padding: usize) -> (Vec<(String, Option<&'static str>)>, bool) {
    let call = call("pay", span).at(span);
    let padded = |record: &Record| {
        changed(record, |it| it["payload"]["padding"] = "x".repeat(padding).into())
    };
    let (begin, end) = (padded(&call.invoke()), padded(&call.success(3)));
    let wrong = |text: &str| text.replace("\"DEBUG\"", "\"LOUD\"");
    let unreadable = |text: &str| text.replace("2026-11-", "2026-99-");
    let plain = |lines: Vec<(String, Option<&'static str>)>| (lines, false);
    match fate {
        Fate::Whole => plain(vec![(begin, None), (end, None)]),
        Fate::Open => plain(vec![(begin, Some("no_end"))]),
        Fate::Unbegun => plain(vec![(end, Some("no_beginning"))]),
        Fate::Begun(times) => {
            let mut all = vec![(begin, Some("second_beginning")); times];
            all.push((end, None));
            (all, true)
        }
        Fate::Ended(times) => {
            let mut all = vec![(end, Some("second_end")); times];
            all.push((begin, None));
            (all, true)
        }
        Fate::Backwards => {
            let early = changed(&call.success(3), |it| {
                it["timestamp"] = "2025-01-01T00:00:00.000000Z".into()
            });
            plain(vec![(begin, None), (early, Some("end_before_beginning"))])
        }
        Fate::WrongBeginning => plain(vec![(wrong(&begin), Some("schema")), (end, None)]),
        Fate::WrongEnd => plain(vec![(begin, None), (wrong(&end), Some("schema"))]),
        Fate::Unreadable => plain(vec![(begin, None), (unreadable(&end), Some("invalid"))]),
        Fate::Torn => {
            let whole = lines(&[call.invoke()]);
            plain(vec![(whole[..whole.len() / 2].to_owned() + "\n", Some("torn"))])
        }
        Fate::Foreign => plain(vec![("{\"level\":\"INFO\"}\n".to_owned(), Some("foreign"))]),
        Fate::Blank => plain(vec![("\n".to_owned(), None)]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_put_in_is_found_and_nothing_else(
        operations in prop::collection::vec((fate(), prop_oneof![9 => Just(0), 1 => 0..400_000_usize]), 1..60),
        order in prop::collection::vec(any::<u64>(), 400),
        files in 1..4_usize,
    ) {
        let mut log = Vec::new();
        for (number, (fate, padding)) in operations.iter().enumerate() {
            let (lines, is_first_right) = lines_of(*fate, number as u64 + 1, *padding);
            log.extend(lines.into_iter().map(|line| (number, is_first_right, line)));
        }
        let mut order = order.into_iter().cycle();
        log.sort_by_cached_key(|_| order.next());

        let mut firsts = BTreeSet::new();
        let mut expected = Vec::new();
        let folder = tempfile::tempdir().unwrap();
        let mut names = Vec::new();
        for (file, part) in log.chunks(log.len().div_ceil(files)).enumerate() {
            let name = format!("{file}.jsonl");
            fs::write(folder.path().join(&name), part.iter().map(|(.., (text, _))| &**text).collect::<String>()).unwrap();
            for (line, (number, is_first_right, (_, kind))) in part.iter().enumerate() {
                let Some(kind) = kind else { continue };
                let is_right = *is_first_right && firsts.insert(*number);
                if !is_right {
                    expected.push(json!([name, line + 1, kind]));
                }
            }
            names.push(name);
        }

        for arguments in [&["--strict"][..], &[], &["--allow-open"]] {
            let mut command = command();
            command.args(["check", "--format", "json", "--first", "1000"]).args(arguments);
            let output = command.args(&names).current_dir(folder.path()).output().unwrap();
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            let first = answer["first"].as_array().unwrap().iter();
            let found: Vec<_> = first.map(|one| json!([one["file"], one["line"], one["kind"]])).collect();
            let mut expected = expected.clone();
            expected.retain(|one| match one[2].as_str().unwrap() {
                "no_beginning" | "foreign" => arguments.contains(&"--strict"),
                "no_end" => !arguments.contains(&"--allow-open"),
                _ => true,
            });
            prop_assert_eq!(&found, &expected);
            let counts = answer["counts"].as_object().unwrap();
            for (kind, count) in counts {
                let put_in = expected.iter().filter(|one| one[2] == **kind).count();
                prop_assert_eq!(count, put_in, "{}", kind);
            }
            prop_assert_eq!(&answer["offences"], expected.len());
            let is_read = answer["records"] != 0;
            let code = if !is_read { 2 } else { i32::from(!expected.is_empty()) };
            prop_assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
