//! `invocations open`.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use tracing_invocation::Record;

use crate::support::{Call, Ran, call, command, invocations, lines};

fn open(arguments: &[&str], log: impl AsRef<[u8]>) -> Ran {
    invocations(&[&["open"], arguments].concat(), log)
}

/// Asks about files of a folder.
#[track_caller]
fn ask(folder: &Path, arguments: &[&str]) -> String {
    let output = command().arg("open").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn ask_json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&ask(folder, &[&["--format", "json"], arguments].concat())).unwrap()
}

/// The end of what was open when its program ended.
fn exited(call: &Call, after: u64) -> Record {
    let mut record = call.unknown(after);
    record.payload.insert("unknown_reason".to_owned(), "process exit".into());
    record
}

/// Made now.
fn now(mut record: Record) -> Record {
    record.timestamp = SystemTime::now();
    record
}

/// A process that has a file open for appending, until its stdin is closed.
struct Holder(Child);

impl Holder {
    fn of(file: &Path) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec 3>>\"$1\"; echo ready; read -r line", "sh"]).arg(file);
        let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn what_began_and_did_not_end_is_shown_the_oldest_first() {
    let (pay, charge) =
        (call("pay", 1).at(40), call("charge", 2).of_trace(1).inside(1).on("order-7").at(50));
    let (ship, pack) = (call("ship", 3).at(10), call("pack", 4).of_trace(3).inside(3).at(20));
    let log = lines(&[
        ship.invoke(),
        pack.invoke(),
        pack.slow(15, 10),
        ship.success(30),
        pay.invoke(),
        charge.invoke(),
        call("pay", 5).at(41).invoke(),
        call("pay", 5).at(41).success(1000),
    ]);
    let ran = open(&[], log);
    assert_snapshot!(ran.out, @"
       age  operation    entity   slow                      began                     trace id                          span id           parent
    1.02 s  shop pack             expected to take 10.0 ms  2026-11-27T16:00:00.020Z  00000000000000000000000000000003  0000000000000004  0000000000000003, which ended
    1.00 s  shop pay                                        2026-11-27T16:00:00.040Z  00000000000000000000000000000001  0000000000000001
    991 ms  shop charge  order-7                            2026-11-27T16:00:00.050Z  00000000000000000000000000000001  0000000000000002  0000000000000001

    stdin: whether its program runs is not known: a pipe does not show who writes to it
    ");
    assert_eq!((ran.code, &*ran.err), (0, ""));
}

#[test]
fn where_nothing_is_open_that_is_the_answer() {
    let ran = open(&[], lines(&[call("pay", 1).invoke(), call("pay", 1).success(3)]));
    assert_snapshot!(ran.out, @"nothing is open");
    assert_eq!(open(&[], "").code, 2);
}

#[test]
fn younger_ones_and_others_are_left_out_where_that_is_asked_for() {
    let log = lines(&[
        call("pay", 1).invoke(),
        call("ship", 2).on("order-7").at(2_000).invoke(),
        call("ship", 3).at(2_999).invoke(),
        call("end", 4).at(3_000).success(1),
    ]);
    let spans = |arguments: &[&str]| {
        let ran = open(&[&["--format", "json"], arguments].concat(), &log);
        let answer: Value = serde_json::from_str(&ran.out).unwrap();
        let open = answer["open"].as_array().unwrap().iter();
        open.map(|one| one["span_id"].as_str().unwrap()[15..].to_owned()).collect::<String>()
    };
    assert_eq!(spans(&[]), "123");
    assert_eq!(spans(&["--older-than", "500ms"]), "12");
    assert_eq!(spans(&["--older-than", "1h"]), "");
    assert_eq!(spans(&["--name", "sh*"]), "23");
    assert_eq!(spans(&["--entity", "order-*"]), "2");
    let ran = open(&["--older-than", "soon"], &log);
    assert_eq!(ran.code, 2);
}

#[test]
fn what_a_process_writes_is_running_and_has_its_age_until_now() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.jsonl");
    let holder = Holder::of(&file);
    // The first is of an earlier program, for it began long before this one.
    let mut old = call("old", 1).invoke();
    old.timestamp = SystemTime::UNIX_EPOCH;
    let log = lines(&[old, now(call("pay", 2).invoke())]);
    OpenOptions::new().append(true).open(&file).unwrap().write_all(log.as_bytes()).unwrap();

    let answer = ask_json(folder.path(), &["app.jsonl"]);
    let told: Vec<_> = answer["open"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["event_name"], &one["program"]))
        .collect();
    assert_eq!(
        told,
        [(&json!("old"), &json!("ended")), (&json!("pay"), &json!("running"))],
        "{answer:#}"
    );
    let known_by = answer["logs"][0]["known_by"].as_str().unwrap();
    assert_eq!(known_by, format!("sh (pid {}) has it open for writing", holder.0.id()));
    let age = |answer: &Value| answer["open"][1]["age_ns"].as_u64().unwrap();
    let later = ask_json(folder.path(), &["app.jsonl"]);
    assert!(age(&later) > age(&answer), "{later:#}");

    // The same file, by stdin.
    let stdin = fs::File::open(&file).unwrap();
    let output = command().args(["open", "--format", "json"]).stdin(stdin).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["logs"][0]["program"], "running");
}

#[test]
fn what_only_reads_a_log_does_not_write_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.jsonl");
    fs::write(&file, lines(&[now(call("pay", 1).invoke())])).unwrap();
    let mut reader = Command::new("sh");
    reader.args(["-c", "exec 3<\"$1\"; echo ready; read -r line", "sh"]).arg(&file);
    let mut reader = reader.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(reader.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let answer = ask_json(folder.path(), &["app.jsonl"]);
    assert_ne!(answer["logs"][0]["program"], "running");
    drop(reader.stdin.take());
    reader.wait().unwrap();
}

#[test]
fn what_a_killed_process_left_is_of_a_program_that_ended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.jsonl");
    let mut holder = Holder::of(&file);
    let pay = call("pay", 1);
    let log = lines(&[
        pay.invoke(),
        call("ship", 2).at(100).invoke(),
        call("ship", 2).at(100).success(50),
    ]);
    OpenOptions::new().append(true).open(&file).unwrap().write_all(log.as_bytes()).unwrap();
    holder.0.kill().unwrap();
    holder.0.wait().unwrap();

    let answer = ask_json(folder.path(), &["app.jsonl"]);
    // Whoever is not allowed to see everybody's files cannot know.
    let is_known = answer["logs"][0]["program"] != "not known";
    assert!(
        is_known || answer["logs"][0]["known_by"].as_str().unwrap().contains("ask as root"),
        "{answer:#}"
    );
    if is_known {
        assert_eq!(answer["open"][0]["program"], "ended");
        assert_snapshot!(ask(folder.path(), &["app.jsonl"]), @"
           age  operation  began                     trace id                          span id
        150 ms  shop pay   2026-11-27T16:00:00.000Z  00000000000000000000000000000001  0000000000000001

        app.jsonl: its program has ended: no process on this machine has it open for writing; a copy of a log looks the same
        1 operation is of a program that ended: it was killed or crashed, or this end was lost
        ");
    }
    // 150 ms is the time of the last record.
    assert_eq!(answer["open"][0]["age_ns"], 150_000_000);
}

#[test]
fn what_began_before_its_program_ended_in_good_order_is_not_running() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.jsonl");
    let (pay, ship, next) = (call("pay", 1), call("ship", 2).at(10), call("pay", 3).at(90));
    let long_ago =
        [pay.invoke(), ship.invoke(), exited(&ship, 40), next.invoke()].map(|mut record| {
            record.timestamp -= Duration::from_secs(1_000_000_000);
            record
        });
    fs::write(&file, lines(&long_ago)).unwrap();
    let _holder = Holder::of(&file);
    let answer = ask_json(folder.path(), &["app.jsonl"]);
    let first = &answer["open"][0];
    assert_eq!((&first["event_name"], &first["program"]), (&json!("pay"), &json!("ended")));
    let because = first["because"].as_str().unwrap();
    assert_snapshot!(because, @"a program ended in good order at 1995-03-21T14:13:20Z, and ended what was open in it: this end was lost, or is of a program that was killed before");
}

#[test]
fn what_overlaps_with_a_program_that_ended_in_good_order_may_still_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.jsonl");
    let _next = Holder::of(&file);
    let later = |record| {
        let mut record = now(record);
        record.timestamp += Duration::from_secs(5);
        record
    };
    let (pay, ship) = (call("pay", 1), call("ship", 2));
    let log = [now(ship.invoke()), later(pay.invoke()), later(exited(&ship, 5_000))];
    OpenOptions::new().append(true).open(&file).unwrap().write_all(lines(&log).as_bytes()).unwrap();
    let answer = ask_json(folder.path(), &["app.jsonl"]);
    assert_eq!(answer["open"][0]["program"], "not known", "{answer:#}");
    let because = answer["open"][0]["because"].as_str().unwrap();
    assert!(because.ends_with("was there before: it may be of either"), "{because}");
    assert!(ask(folder.path(), &["app.jsonl"]).contains(
        "1 operation is of a program of which it is not known whether it runs: a program ended"
    ));
}

#[test]
fn a_rotated_log_is_of_the_program_that_writes_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.jsonl");
    let (old, kept) = (now(call("pay", 1).invoke()), now(call("ship", 2).invoke()));
    let mut packed = GzEncoder::new(
        fs::File::create(folder.path().join("app.jsonl.1.gz")).unwrap(),
        Compression::fast(),
    );
    packed.write_all(lines(&[old, kept]).as_bytes()).unwrap();
    packed.finish().unwrap();
    fs::write(&file, lines(&[now(call("ship", 2).success(5))])).unwrap();

    let alone = ask_json(folder.path(), &["app.jsonl.1.gz"]);
    assert_eq!(alone["logs"][0]["program"], "not known", "{alone:#}");
    let _holder = Holder::of(&file);
    for order in [["app.jsonl.1.gz", "app.jsonl"], ["app.jsonl", "app.jsonl.1.gz"]] {
        let answer = ask_json(folder.path(), &order);
        assert_eq!(answer["open"].as_array().unwrap().len(), 1, "{answer:#}");
        assert_eq!(answer["open"][0]["program"], "running", "{answer:#}");
        assert_eq!(answer["logs"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_table_for_other_programs_has_a_header_and_a_row_each() {
    let charge = call("charge, or not", 2).of_trace(1).inside(1).at(5);
    let ran = open(&["--format", "csv"], lines(&[charge.invoke(), charge.slow(15, 10)]));
    assert_snapshot!(ran.out, @r#"
    age_ns,began,event_namespace,event_name,entity_id,trace_id,span_id,parent_span_id,parent,slow_poll_ns,slow_limit_ns,slow_expected_ns,slow_age_ns,program,file,line
    15000000,2026-11-27T16:00:00.005000Z,shop,"charge, or not",,00000000000000000000000000000001,0000000000000002,0000000000000001,not in the log,,,10000000,15000000,not known,stdin,1
    "#);
}

#[test]
fn what_the_log_lost_may_be_an_end() {
    let mut losses = call("delivery", 9).failed(5, "records_lost", "3 records: queue full");
    losses.event_namespace = "tracing_invocation".to_owned();
    losses.payload["error"]["details"] = json!({ "lost": 3 });
    let ran = open(&[], lines(&[call("pay", 1).invoke(), losses]));
    assert_snapshot!(ran.err, @"invocations: the log reports that 3 records were lost: missing ends may be among them");
}

#[test]
fn texts_of_a_log_do_not_reach_the_terminal_as_they_are() {
    let mut record = call("pay", 1).on("\u{1b}[2J").invoke();
    record.event_name = "\u{202e}pay".to_owned();
    let ran = open(&[], lines(&[record]));
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{}", ran.out);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Operations inside one another, of which some end and some do not, in any order and however files are cut.
    #[test]
    fn what_is_open_is_what_has_no_end(
        operations in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>(), any::<bool>(), prop_oneof![9 => Just(0), 1 => 0..300_000_usize]), 1..40),
        order in prop::collection::vec(any::<u64>(), 100),
        files in 1..4_usize,
    ) {
        let mut log = Vec::new();
        let mut open = BTreeSet::new();
        let mut parents = Vec::new();
        for (number, (ends, parent, has_parent, padding)) in operations.iter().enumerate() {
            let span = number as u64 + 1;
            let parent = (*has_parent && number > 0).then(|| parent.index(number) as u64 + 1);
            parents.push(parent);
            let mut call = call("pay", span).of_trace(7).at(span);
            if let Some(parent) = parent {
                call = call.inside(parent);
            }
            let mut begin = call.invoke();
            begin.payload.insert("padding".to_owned(), "x".repeat(*padding).into());
            log.push(begin);
            if *ends {
                log.push(call.success(3));
            } else {
                open.insert(span);
            }
        }
        let mut order = order.into_iter();
        log.sort_by_cached_key(|_| order.next());
        let folder = tempfile::tempdir().unwrap();
        let mut names = Vec::new();
        for (file, part) in log.chunks(log.len().div_ceil(files)).enumerate() {
            names.push(format!("{file}.jsonl"));
            fs::write(folder.path().join(&names[file]), lines(part)).unwrap();
        }
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let answer = ask_json(folder.path(), &names);
        let rows = answer["open"].as_array().unwrap();
        let span = |row: &Value| u64::from_str_radix(row["span_id"].as_str().unwrap(), 16).unwrap();
        prop_assert_eq!(rows.iter().map(span).collect::<Vec<_>>(), open.iter().copied().collect::<Vec<_>>());
        for row in rows {
            let parent = parents[usize::try_from(span(row)).unwrap() - 1];
            let expected = parent.map(|parent| if open.contains(&parent) { "open" } else { "ended" });
            prop_assert_eq!(row["parent"].as_str(), expected);
        }
    }
}
