//! Logs that no program of good will writes.

use super::{inner, shown, tree};
use crate::support::call;

#[test]
fn no_depth_overflows_or_indents_without_limit() {
    const DEEP: u64 = 100_000;
    let mut records = vec![call("outer", 1).success(9)];
    records.extend((2..=DEEP).map(|span| inner("inner", span, span - 1).success(9)));
    let ran = tree(&records, &[]);
    assert_eq!(ran.out.lines().count() as u64, 1 + DEEP);
    assert!(ran.out.lines().all(|line| line.chars().count() < 120));
    assert!(ran.out.contains("+99979 ✓ success"), "{}", ran.out.lines().last().unwrap());
    insta::assert_snapshot!(ran.err, @r"
    invocations: 99979 lines are nested more than 20 levels deep: these are not indented further, and `+N` shows how much deeper they are
    ");
}

#[test]
fn no_cascade_is_too_long_for_a_line() {
    const DEEP: u64 = 100_000;
    let mut records = vec![call("outer", 1).cancelled_by(9, DEEP)];
    records.extend((2..DEEP).map(|span| inner("inner", span, span - 1).cancelled_by(9, DEEP)));
    records.push(inner("last", DEEP, DEEP - 1).cancelled(9, "timeout"));
    insta::assert_snapshot!(shown(&records, &[]), @r"
    2026-11-27T16:00:00.000Z  trace 00000000000000000000000000000001  100000 operations  9.00 ms
    ⊘ cancelled shop outer › inner › inner › inner › … 99992 more … › inner › inner › inner › last  9.00 ms  timeout
    ");
}

#[test]
fn circles_by_the_thousand_are_no_trouble() {
    let circle = |first: u64| {
        [inner("hen", first, first + 1).success(1), inner("egg", first + 1, first).success(1)]
    };
    let records: Vec<_> = (1..40_000).map(|number| number * 2).flat_map(circle).collect();
    assert_eq!(shown(&records, &[]).lines().count(), 1 + 39_999 * 3);
}

#[test]
fn nothing_in_a_log_acts_on_the_terminal() {
    let hostile = "red\u{1b}[31m\nnext\u{202e}";
    let mut record = call("order", 1).on(hostile).failed(1, hostile, hostile);
    record.event_name = hostile.to_owned();
    record.event_namespace = hostile.to_owned();
    let out = shown(&[record], &[]);
    assert_eq!(out.lines().count(), 1);
    assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out}");
    assert_eq!(out.matches(r"red\u{1b}[31m\nnext\u{202e}").count(), 5);
}
