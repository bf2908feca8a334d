//! Which traces are shown.

use super::{order, shown, tree};
use crate::support::{call, invocations};

#[test]
fn traces_come_by_the_time_they_began() {
    let records = [
        call("late", 1).at(20).success(1),
        call("early", 2).at(10).success(1),
        call("later", 3).at(30).success(1),
    ];
    let ran = tree(&records, &["--limit", "2"]);
    insta::assert_snapshot!(ran.out + &ran.err, @"
    2026-11-27T16:00:00.010Z  trace 00000000000000000000000000000002  ✓ success   shop early  1.00 ms
    2026-11-27T16:00:00.020Z  trace 00000000000000000000000000000001  ✓ success   shop late  1.00 ms
    invocations: 1 trace more: `--limit 0` shows all
    ");
    assert_eq!(shown(&records, &["--limit", "0"]).matches("trace").count(), 3);
}

#[test]
fn whole_traces_are_shown_of_what_is_asked_for() {
    let mut records = order();
    records.extend([
        call("idle", 9).invoke(),
        call("poll", 10).slow(9, 5),
        call("poll", 10).unknown(12),
    ]);
    let names = |arguments: &[&str]| {
        let out = tree(&records, arguments).out;
        ["place", "idle", "poll"].into_iter().filter(|name| out.contains(*name)).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["place", "idle", "poll"]);
    assert_eq!(names(&["--name", "conn*"]), ["place"]);
    assert_eq!(names(&["--entity", "order-?"]), ["place"]);
    assert_eq!(names(&["--outcome", "failed"]), ["place"]);
    assert_eq!(names(&["--outcome", "open"]), ["idle"]);
    assert_eq!(names(&["--outcome", "slow"]), ["poll"]);
    assert_eq!(names(&["--outcome", "unknown", "--outcome", "open"]), ["idle", "poll"]);
    assert_eq!(names(&["--outcome", "success", "--name", "mail"]), [""; 0]);
    assert_eq!(names(&["--trace", "00000000000000000000000000000009"]), ["idle"]);
    assert_eq!(names(&["--trace", "0000000000000000000000000000000"]), ["place", "idle", "poll"]);
    assert_eq!(
        tree(&records, &["--trace", "ff"]).err,
        "invocations: none of 3 traces matches the filters\n"
    );
}

#[test]
fn traces_are_shown_of_a_time() {
    let records = [
        call("first", 1).success(10),
        call("long", 2).invoke(),
        call("second", 3).at(60_000).success(10),
        call("third", 4).at(120_000).success(10),
    ];
    let names = |arguments: &[&str]| {
        let out = tree(&records, arguments).out;
        let names = ["first", "long", "second", "third"].into_iter();
        names.filter(|name| out.contains(*name)).collect::<Vec<_>>()
    };
    assert_eq!(names(&["--since", "61s"]), ["long", "second", "third"]);
    assert_eq!(names(&["--since", "2026-11-27T16:01:30Z"]), ["long", "third"]);
    assert_eq!(names(&["--until", "2026-11-27 16:00:30"]), ["first", "long"]);
    assert_eq!(names(&["--since", "90s", "--until", "30s"]), ["long", "second"]);
    let ran = invocations(&["tree", "--since", "yesterday"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("write a time in UTC"), "{}", ran.err);
}

#[test]
fn a_trace_id_that_is_none_is_refused() {
    let ran = invocations(&["tree", "--trace", "order-7"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("write the trace_id, up to 32 hexadecimal digits"), "{}", ran.err);
}
