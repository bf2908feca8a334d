//! `stats`.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};
use tracing_invocation::Record;

use crate::support::{call, invocations, lines};

/// A day in a shop.
fn day() -> Vec<Record> {
    let charge = call("charge", 1).on("order-1");
    let declined = call("charge", 2).at(100).on("order-2");
    let deliver = call("deliver", 3).at(200);
    let hung = call("deliver", 4).at(300);
    vec![
        charge.invoke(),
        charge.success(12),
        declined.invoke(),
        declined.failed(30, "Declined", "no funds"),
        deliver.invoke(),
        deliver.slow(1_000, 500),
        deliver.cancelled(60_000, "timeout"),
        hung.invoke(),
        call("sweep", 5).unknown(1),
    ]
}

#[test]
fn a_table_has_a_row_for_each_operation_and_ranks_errors_and_causes() {
    let ran = invocations(&["stats"], lines(&day()));
    assert_eq!((ran.code, &*ran.err), (0, ""));
    insta::assert_snapshot!(ran.out, @"
    operation     calls  success  failed  cancelled  unknown  open      p50      p90      p99      max
    shop charge       2        1       1          0        0     0  12.0 ms  30.0 ms  30.0 ms  30.0 ms
    shop deliver      2        0       0          1        0     1   1m 00s   1m 00s   1m 00s   1m 00s
    shop sweep        1        0       0          0        1     0  1.00 ms  1.00 ms  1.00 ms  1.00 ms
    3 operations      5        1       1          1        1     1  12.0 ms   1m 00s   1m 00s   1m 00s

    count  errors    operation    for example
        1  Declined  shop charge  no funds

    count  cancelled because  operation
        1  timeout            shop deliver
    ");
}

#[test]
fn json_has_the_same_with_nanoseconds_and_says_what_was_read() {
    let ran = invocations(&["stats", "--format", "json"], lines(&day()) + "hello\n");
    assert_eq!(ran.code, 0);
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        said["operations"][0],
        json!({
            "event_namespace": "shop", "event_name": "charge", "calls": 2, "success": 1, "failed": 1, "cancelled": 0,
            "unknown": 0, "open": 0, "slow": 0, "caused_by": 0, "cancelled_by": 0, "without_cause": 0, "p50_ns": 12_000_000, "p90_ns": 30_000_000, "p99_ns": 30_000_000,
            "max_ns": 30_000_000, "errors": [{ "type": "Declined", "count": 1, "example": "no funds" }], "causes": [],
        })
    );
    assert_eq!(
        said["log"],
        json!({
            "records": 9, "from": "2026-11-27T16:00:00.000000Z", "until": "2026-11-27T16:01:00.200000Z",
            "lost_records": 0, "foreign_lines": 1, "torn_lines": 0, "invalid_lines": 0, "too_long_lines": 0,
            "is_read_to_end": true,
        })
    );
}

#[test]
fn csv_has_a_header_and_a_row_for_each_operation() {
    let ran = invocations(&["stats", "--format", "csv", "--sort", "name"], lines(&day()));
    insta::assert_snapshot!(ran.out, @"
    event_namespace,event_name,calls,success,failed,cancelled,unknown,open,slow,caused_by,cancelled_by,without_cause,p50_ns,p90_ns,p99_ns,max_ns,errors,causes
    shop,charge,2,1,1,0,0,0,0,0,0,0,12000000,30000000,30000000,30000000,Declined=1,
    shop,deliver,2,0,0,1,0,1,1,0,0,0,60000000000,60000000000,60000000000,60000000000,,timeout=1
    shop,sweep,1,0,0,0,1,0,0,0,0,0,1000000,1000000,1000000,1000000,,
    ");
}

#[test]
#[cfg(target_os = "linux")]
fn many_names_that_were_called_once_take_little_memory() {
    use std::io::Write as _;
    use std::process::Stdio;

    let end = lines(&[call("charge", 1).success(60_000)]);
    let log: String =
        (0..20_000).map(|number| end.replace("charge", &format!("charge {number}"))).collect();
    let mut child = crate::support::command()
        .args(["stats", "--format", "csv", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    to.write_all(log.as_bytes()).unwrap();
    // All but what a pipe and the last block hold was counted, and the program waits for more.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(to);
    assert!(child.wait().unwrap().success());
    assert!(peak < 100_000, "{peak} KiB");
}

#[test]
fn patterns_choose_the_operations() {
    let calls = |arguments: &[&str]| {
        let arguments = [&["stats", "--format", "csv"], arguments].concat();
        let ran = invocations(&arguments, lines(&day()));
        assert_eq!(ran.code, 0, "{}", ran.err);
        let rows = ran
            .out
            .lines()
            .skip(1)
            .map(|row| row.split(',').skip(1).take(2).collect::<Vec<_>>().join(" "));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(calls(&["--name", "c*", "--name", "sweep"]), ["charge 2", "sweep 1"]);
    assert_eq!(calls(&["--entity", "order-2"]), ["charge 1"]);
    assert_eq!(calls(&["--namespace", "bank"]), [""; 0]);
}

#[test]
fn patterns_that_choose_nothing_are_told() {
    let ran = invocations(&["stats", "--name", "Charge"], lines(&day()));
    assert_eq!(ran.code, 0);
    insta::assert_snapshot!(ran.err, @"invocations: no operation matches: the patterns of --name, --namespace and --entity must match the whole text, and are case-sensitive, as in 'charge*'");
    let ran = invocations(&["stats", "--name", ""], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("a value is required for '--name <PATTERN>'"), "{}", ran.err);
}

#[test]
fn what_is_not_among_the_reasons_is_told() {
    let (outer, inner) = (call("place", 1), call("charge", 2));
    let records = [
        inner.failed(5, "Declined", "no funds"),
        call("charge", 3).failed(5, "Declined", "expired"),
        outer.failed_by(9, 2),
        call("place", 4).cancelled_by(9, 5),
        call("place", 6).cancelled_by(9, 7),
        untold(&call("send", 7)),
    ];
    let ran = invocations(&["stats"], lines(&records));
    let (_, reasons) = ran.out.split_once("\n\n").unwrap();
    insta::assert_snapshot!(reasons, @"
    count  errors    operation    for example
        2  Declined  shop charge  expired

    count  cancelled because  operation
        1  not recorded       shop send

    not counted above: 1 failure and 2 cancellations, each the same as that of an inner operation
    ");
}

/// A cancellation of which nothing says why.
fn untold(call: &crate::support::Call) -> Record {
    let mut end = call.cancelled(9, "");
    end.payload.remove("cancellation");
    end
}

#[test]
fn what_the_log_says_is_missing_is_told_and_is_no_operation() {
    let mut lost = call("delivery", 9).failed(5, "records_lost", "40 records were lost");
    lost.event_namespace = "tracing_invocation".into();
    lost.payload["error"]["details"] = json!({ "output": "file", "lost": 40 });
    let ran = invocations(&["stats", "--format", "csv"], lines(day().iter().chain([&lost])));
    assert_eq!(ran.code, 0);
    assert!(!ran.out.contains("delivery"), "{}", ran.out);
    insta::assert_snapshot!(ran.err, @"invocations: the log reports that 40 records were lost: missing ends may be among them");
}

#[test]
fn the_sides_of_a_call_meet_however_far_apart_they_are() {
    // Several blocks, which several threads read: every call ends 20,000 lines after it began.
    let calls: Vec<_> = (1..=20_000).map(|span| call("charge", span).on("x".repeat(100))).collect();
    let log = lines(&calls.iter().map(|call| call.invoke()).collect::<Vec<_>>())
        + &lines(&calls.iter().rev().map(|call| call.success(1)).collect::<Vec<_>>());
    assert!(log.len() > 8 << 20, "{}", log.len());
    let ran = invocations(&["stats", "--format", "csv"], log);
    assert_eq!(
        ran.out.lines().nth(1).unwrap().split(',').collect::<Vec<_>>()[1..9].join(" "),
        "charge 20000 20000 0 0 0 0 0"
    );
}

/// How a call of the model goes: whether its `invoke` is in the log, and its end.
type Fate = (bool, Option<usize>);

const NAMES: [&str; 3] = ["add", "charge", "send"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn counts_are_those_of_a_model_in_any_order_of_lines_over_any_files(
        fates in prop::collection::vec((0..3_usize, (any::<bool>(), prop::option::of(0..4_usize))), 1..40),
        shuffle in any::<u64>(),
        files in 1..4_usize,
    ) {
        let mut model: BTreeMap<&str, [u64; 6]> = BTreeMap::new();
        let mut records = Vec::new();
        for (span, (name, fate)) in (1..).zip(&fates) {
            let (is_invoked, end): Fate = *fate;
            let one = call(NAMES[*name], span).at(span);
            records.extend(is_invoked.then(|| one.invoke()));
            let ends = [one.success(3), one.failed(3, "E", ""), one.cancelled(3, "select"), one.unknown(3)];
            records.extend(end.map(|end| ends[end].clone()));
            if !is_invoked && end.is_none() {
                continue;
            }
            let counted = model.entry(NAMES[*name]).or_default();
            counted[0] += 1;
            counted[end.map_or(5, |end| end + 1)] += 1;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut logs = vec![String::new(); files];
        let mut random = shuffle;
        while !records.is_empty() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = usize::try_from(random >> 33).unwrap();
            logs[place % files] += &lines([&records.swap_remove(place % records.len())]);
        }
        let paths: Vec<_> = (0..files).map(|file| folder.path().join(file.to_string())).collect();
        paths.iter().zip(&logs).for_each(|(path, log)| fs::write(path, log).unwrap());
        let mut arguments = vec!["stats", "--format", "csv", "--sort", "name"];
        arguments.extend(paths.iter().map(|path| path.to_str().unwrap()));
        let ran = invocations(&arguments, "");

        let told: Vec<_> = ran.out.lines().skip(1).map(|row| row.split(',').skip(1).take(7).collect::<Vec<_>>().join(" ")).collect();
        let expected: Vec<_> = model.iter().map(|(name, counts)| format!("{name} {}", counts.map(|count| count.to_string()).join(" "))).collect();
        prop_assert_eq!(told, expected);
    }
}
