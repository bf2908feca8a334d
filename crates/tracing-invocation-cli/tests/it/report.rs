//! `report`: the page that is written, as far as no browser is needed to see it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Stdio;

use proptest::prelude::*;
use serde_json::{Value, json};
use tracing_invocation::Record;

use crate::support::{Ran, call, command, invocations, lines};

/// The page of a log, and what was said while it was written.
#[track_caller]
fn report(arguments: &[&str], log: &str) -> (Ran, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.html");
    let all = [&["report", "--html", path.to_str().unwrap()], arguments].concat();
    let mut ran = invocations(&all, log);
    ran.err = ran.err.replace(folder.path().to_str().unwrap(), "FOLDER");
    let page = fs::read_to_string(&path).unwrap_or_default();
    (ran, page)
}

/// A part of a page that a browser reads as data.
#[track_caller]
fn data<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = format!(r#"<script id="{id}" type="application/json">"#);
    let (_, rest) = page.split_once(&begin).expect(id);
    rest.split_once("</script>").unwrap().0
}

#[track_caller]
fn json_of(page: &str, id: &str) -> Value {
    serde_json::from_str(data(page, id)).unwrap()
}

/// A trace in which something fails.
fn checkout() -> Vec<Record> {
    let (outer, inner) = (call("checkout", 1).at(0), call("charge", 2).of_trace(1).inside(1).at(1));
    vec![
        outer.invoke(),
        inner.invoke(),
        inner.failed(20, "Declined", "no funds"),
        outer.failed_by(30, 2),
    ]
}

#[test]
fn a_page_is_one_file_that_fetches_nothing() {
    let (ran, page) = report(&[], &lines(&checkout()));
    assert_eq!((ran.code, &*ran.out), (0, ""));
    insta::assert_snapshot!(ran.err, @"invocations: wrote FOLDER/out.html: 2 operations in 1 trace, 0.1 MiB");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    let policy = r#"content="default-src 'none'; script-src 'sha256-"#;
    assert!(page.contains(policy), "{}", &page[..500]);
    for fetched in ["http://", "https://", "src=", "<link", "@import", "url(", "unsafe-inline"] {
        assert!(!page.contains(fetched), "{fetched}");
    }
}

#[test]
fn a_page_on_stdout_is_the_page_and_nothing_else() {
    let (_, page) = report(&[], &lines(&checkout()));
    let ran = invocations(&["report", "--html", "-"], lines(&checkout()));
    assert_eq!((ran.code, &*ran.err), (0, ""));
    assert_eq!(ran.out, page);
}

#[test]
fn a_page_is_called_as_its_logs_unless_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["app.jsonl", "old.jsonl"].map(|name| {
        let path = folder.path().join(name);
        fs::write(&path, lines(&checkout())).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let title = |arguments: &[&str]| {
        let (_, page) = report(arguments, "");
        let (_, rest) = page.split_once("<title>").unwrap();
        rest.split_once("</title>").unwrap().0.to_owned()
    };
    assert_eq!(title(&[&one]), "app.jsonl");
    assert_eq!(title(&[&one, &two]), "app.jsonl and 1 more");
    assert_eq!(
        title(&["--title", "a & b </title><script>", &one]),
        "a &amp; b &lt;/title&gt;&lt;script&gt;"
    );
}

#[test]
fn no_text_of_a_log_becomes_markup() {
    let hostile = [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!--",
        "{{script}}",
    ];
    let plain = report(&[], &lines(&checkout())).1;
    for name in hostile {
        let call = call(name, 1).on(name);
        let (_, page) = report(&[], &lines(&[call.invoke(), call.failed(1, name, name)]));
        for markup in ["<script", "</script", "<img", "<!--"] {
            assert_eq!(
                page.matches(markup).count(),
                plain.matches(markup).count(),
                "{name}: {markup}"
            );
        }
        assert_eq!(json_of(&page, "columns")["kinds"], json!([["shop", name]]));
        let told: Value = serde_json::from_str(data(&page, "details-data").trim()).unwrap();
        assert_eq!(told["end"]["error"]["message"], name);
    }
}

#[test]
fn a_page_says_what_its_log_does_not_have() {
    let mut lost = call("delivery", 9).failed(0, "records_lost", "3 records were lost");
    lost.event_namespace = "tracing_invocation".to_owned();
    lost.payload["error"]["details"] = json!({ "lost": 3 });
    let log = lines(&checkout()) + "not a record\n{\"timestamp\":\"2026" + "\n" + &lines(&[lost]);
    let (ran, page) = report(&["-", "missing.jsonl"], &log);
    assert_eq!(ran.code, 2, "a log that could not be read is no whole answer");
    let said = json_of(&page, "said");
    assert_eq!(said["lost"], 3);
    assert_eq!(said["records"], 5);
    assert_eq!(
        said["passed_over"],
        json!([
            { "count": 1, "words": "not a record", "first": "stdin:5" },
            { "count": 1, "words": "torn", "first": "stdin:6" },
        ])
    );
    let trouble = said["troubles"][0].as_str().unwrap();
    assert!(trouble.starts_with("missing.jsonl: "), "{trouble}");
}

#[test]
fn a_page_says_how_many_operations_never_ended() {
    let (outer, inner) = (call("checkout", 1), call("charge", 2).of_trace(1).inside(1).at(1));
    let slow = call("wait", 3).slow(5, 1);
    let log = [outer.invoke(), inner.invoke(), inner.success(1), slow];
    assert_eq!(json_of(&report(&[], &lines(&log)).1, "said")["open"], 2);
    assert_eq!(json_of(&report(&[], &lines(&checkout())).1, "said")["open"], 0);
}

#[test]
fn a_trace_is_not_shorter_than_anything_in_it() {
    let (outer, inner) = (call("checkout", 1).at(0), call("charge", 2).of_trace(1).inside(1).at(1));
    let mut end = outer.success(4);
    let lasting = |log: &[Record]| {
        let columns = json_of(&report(&[], &lines(log)).1, "columns");
        (columns["trace_lasted"][0].as_u64().unwrap(), columns["until"].as_u64().unwrap())
    };
    // Its end was cut to a microsecond, and says that it took a little longer.
    end.duration_ns = Some(4_000_999);
    let log = [outer.invoke(), inner.invoke(), inner.success(3), end.clone()];
    assert_eq!(lasting(&log), (4_000_999, 4_001));
    // A clock was set while it ran: its end came later than it says.
    end.duration_ns = Some(1_000);
    assert_eq!(lasting(&[outer.invoke(), end.clone()]), (4_000_000, 4_000));
    // What takes forever does not make the log last forever.
    end.duration_ns = Some(u64::MAX);
    assert_eq!(lasting(&[outer.invoke(), end]), (u64::MAX, 5_000));
    // What is open is known of until it was said to be slow, or until the log ends.
    assert_eq!(lasting(&[outer.invoke(), outer.slow(7, 1)]), (7_000_000, 7_000));
    assert_eq!(lasting(&[outer.invoke(), call("other", 9).at(8).invoke()]), (8_000_000, 8_000));
}

#[test]
fn a_type_of_error_has_a_message_as_far_as_there_is_room() {
    let long = "x".repeat(1 << 17);
    let records: Vec<_> =
        [("Full", &*long), ("Declined", ""), ("Declined", "no funds"), ("Declined", "no card")]
            .into_iter()
            .zip(1..)
            .map(|((kind, message), span)| call("pay", span).at(span).failed(1, kind, message))
            .collect();
    let columns = json_of(&report(&[], &lines(&records)).1, "columns");
    assert_eq!(columns["example"], json!([[1, long]]));
    assert_eq!(columns["texts"], json!(["", "Full", "Declined"]));
    let columns = json_of(&report(&[], &lines(&records[1..])).1, "columns");
    assert_eq!(columns["example"], json!([[1, "no funds"]]));
}

#[test]
fn of_a_log_without_records_no_page_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.html");
    fs::write(&path, "<!DOCTYPE HTML>yesterday").unwrap();
    let ran = invocations(&["report", "--html", path.to_str().unwrap()], "nothing\n");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no records were found"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&path).unwrap(), "<!DOCTYPE HTML>yesterday");
}

#[test]
fn where_no_page_can_be_written_it_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let within = folder.path().join("not/there.html");
    for (path, why) in [(within.as_path(), "No such file"), (folder.path(), "name a file in it")] {
        let ran = invocations(&["report", "--html", path.to_str().unwrap()], lines(&checkout()));
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(why) && !ran.err.contains("wrote"), "{}", ran.err);
    }
    assert!(is_empty(folder.path()));
}

/// What is said where a page is to be written to a file in this folder, and what is in the file then.
#[track_caller]
fn refused(folder: &Path, html: &str, logs: &[&str], stdin: Stdio) -> (String, String) {
    let mut command = command();
    command.current_dir(folder).args(["report", "--html", html]).args(logs).stdin(stdin);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty());
    (said, fs::read_to_string(folder.join(html)).unwrap())
}

#[test]
fn no_log_is_replaced_by_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let log = lines(&checkout());
    let path = folder.path().join("q2.jsonl");
    fs::write(&path, &log).unwrap();
    let (said, left) = refused(folder.path(), "q2.jsonl", &["q2.jsonl"], Stdio::null());
    insta::assert_snapshot!(said, @"invocations: q2.jsonl is one of the logs: name another file for the page. Nothing was written");
    assert_eq!(left, log);
    let (said, _) = refused(folder.path(), "./q2.jsonl", &["-", "q2.jsonl"], Stdio::null());
    assert!(said.contains("./q2.jsonl is one of the logs"), "{said}");

    // Even where it looks like a page.
    fs::write(&path, "<!doctype html>").unwrap();
    let (said, _) = refused(folder.path(), "q2.jsonl", &["q2.jsonl"], Stdio::null());
    assert!(said.contains("is one of the logs"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn no_log_is_replaced_by_its_page_through_links_or_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let within = |name: &str| folder.path().join(name);
    let log = lines(&checkout());
    fs::write(within("app.jsonl"), &log).unwrap();
    std::os::unix::fs::symlink("app.jsonl", within("soft.html")).unwrap();
    fs::hard_link(within("app.jsonl"), within("hard.html")).unwrap();
    let stdin = || Stdio::from(fs::File::open(within("app.jsonl")).unwrap());
    for (html, logs, stdin) in [
        ("soft.html", &["app.jsonl"][..], Stdio::null()),
        ("app.jsonl", &["soft.html"], Stdio::null()),
        ("hard.html", &["app.jsonl"], Stdio::null()),
        ("app.jsonl", &[], stdin()),
        ("soft.html", &["-"], stdin()),
    ] {
        let (said, left) = refused(folder.path(), html, logs, stdin);
        assert!(said.contains(&format!("{html} is one of the logs")), "{said}");
        assert_eq!(left, log);
    }

    let to = fs::File::options().append(true).open(within("app.jsonl")).unwrap();
    let mut command = command();
    command.current_dir(folder.path()).args(["report", "--html", "-", "app.jsonl"]).stdout(to);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stdout is one of the logs"));
    assert_eq!(fs::read_to_string(within("app.jsonl")).unwrap(), log);
}

#[test]
fn nothing_but_a_page_is_replaced_by_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let within = |name: &str| folder.path().join(name);
    fs::write(within("app.jsonl"), lines(&checkout())).unwrap();
    for name in ["q3.jsonl", "notes.html"] {
        fs::write(within(name), "<!doctype").unwrap();
    }
    let (said, left) = refused(folder.path(), "q3.jsonl", &["app.jsonl"], Stdio::null());
    insta::assert_snapshot!(said, @"invocations: q3.jsonl is there and is no page: name another file, such as q3.html. Nothing was written");
    assert_eq!(left, "<!doctype");
    let (said, _) = refused(folder.path(), "notes.html", &["app.jsonl"], Stdio::null());
    insta::assert_snapshot!(said, @"invocations: notes.html is there and is no page: name another file. Nothing was written");

    for (name, before) in [("empty.jsonl", ""), ("page.html", "<!DocType HTML><p>")] {
        fs::write(within(name), before).unwrap();
        let mut command = command();
        command.current_dir(folder.path()).args(["report", "--html", name, "app.jsonl"]);
        assert!(command.output().unwrap().status.success(), "{name}");
        assert!(fs::read_to_string(within(name)).unwrap().ends_with("</html>\n"));
    }
}

#[test]
fn its_manual_says_what_html_takes() {
    let ran = invocations(&["man", "report"], "");
    let (_, rest) = ran.out.split_once(".SH SYNOPSIS\n").unwrap();
    let plain = rest.split_once(".SH").unwrap().0.replace("\\fB", "").replace("\\fR", "");
    assert!(plain.replace('\\', "").contains("--html <PATH> [FILE]..."), "{plain}");
    let help = invocations(&["report", "--help"], "").out;
    assert!(
        help.contains("Usage: invocations report [OPTIONS] --html <PATH> [FILE]...\n"),
        "{help}"
    );
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn a_page_without_a_path_asks_for_one() {
    let ran = invocations(&["report"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--html <PATH>"), "{}", ran.err);
}

#[test]
fn payloads_that_explain_something_have_room_first() {
    let text = "x".repeat(700_000);
    let mut records = Vec::new();
    for span in 1..=2 {
        let call = call("succeed", span);
        let mut end = call.success(1);
        end.payload.insert("result".to_owned(), text.clone().into());
        records.extend([call.invoke(), end]);
    }
    let failed = call("fail", 3).at(5);
    records.extend([failed.invoke(), failed.failed(1, "Full", &text)]);
    let (ran, page) = report(&["--payloads", "1"], &lines(&records));
    assert_eq!(ran.code, 0);
    let columns = json_of(&page, "columns");
    assert_eq!((&columns["told"], &columns["left_out"]), (&json!([2]), &json!([0, 1])));
    assert_eq!(json_of(&page, "said")["payloads_left_out"], 2);
    assert!(page.len() < 1 << 20);
}

/// A call of a log that was made up.
#[derive(Clone, Debug)]
struct MadeUp {
    parent: Option<usize>,
    at: u64,
    lasted: u64,
    end: u8,
    has_invoke: bool,
}

fn made_up() -> impl Strategy<Value = Vec<MadeUp>> {
    let one = (any::<prop::sample::Index>(), 0_u64..1_000, 0_u64..1_000, 0_u8..5, any::<bool>());
    prop::collection::vec(one, 1..30).prop_map(|all| {
        let of = |(number, (parent, at, lasted, end, has_invoke)): (
            usize,
            (prop::sample::Index, u64, u64, u8, bool),
        )| {
            // The parent is any other, even a later one, or one that is not there.
            let parent = parent.index(number + 3);
            let parent =
                (parent != number).then_some(parent).filter(|parent| *parent <= number + 1);
            MadeUp { parent, at, lasted, end, has_invoke: has_invoke || end == 4 }
        };
        all.into_iter().enumerate().map(of).collect()
    })
}

/// What a page is to say of each: name, parent, began in microseconds, lasted in nanoseconds, and how it ended.
type Facts = BTreeMap<String, (String, Option<String>, u64, u64, char)>;

fn records_and_facts(all: &[MadeUp]) -> (Vec<Record>, Facts) {
    const NAMES: [&str; 3] = ["a", "b", "c"];
    let id = |number: usize| format!("{:016x}", number + 1);
    let mut records = Vec::new();
    for (number, one) in all.iter().enumerate() {
        let mut call = call(NAMES[number % 3], number as u64 + 1).of_trace(7).at(one.at);
        if let Some(parent) = one.parent {
            call = call.inside(parent as u64 + 1);
        }
        records.extend(one.has_invoke.then(|| call.invoke()));
        records.extend(match one.end {
            0 => Some(call.success(one.lasted)),
            1 => Some(call.failed(one.lasted, "Error", "text")),
            2 => Some(call.cancelled(one.lasted, "timeout")),
            3 => Some(call.unknown(one.lasted)),
            _ => None,
        });
    }
    let first = all.iter().map(|one| one.at).min().unwrap();
    let ends = all.iter().map(|one| if one.end == 4 { one.at } else { one.at + one.lasted });
    let until = ends.max().unwrap();
    let fact = |(number, one): (usize, &MadeUp)| {
        let outcome = ['s', 'f', 'c', 'u', 'o'][usize::from(one.end)];
        let lasted = if one.end == 4 { until - one.at } else { one.lasted };
        let parent = one.parent.map(id);
        let name = NAMES[number % 3].to_owned();
        (id(number), (name, parent, (one.at - first) * 1_000, lasted * 1_000_000, outcome))
    };
    (records, all.iter().enumerate().map(fact).collect())
}

/// What a page says of each operation. Parents are those that rows stand below, and those that are said to be missing.
fn facts_of(columns: &Value) -> Facts {
    let number = |column: &str, at: usize| columns[column][at].as_u64().unwrap();
    let ids = columns["span_ids"].as_str().unwrap();
    let id = |at: usize| ids[at * 16..at * 16 + 16].to_owned();
    let known: BTreeSet<_> = (0..ids.len() / 16).map(id).collect();
    let pairs = |column: &str| columns[column].clone();
    let missing = serde_json::from_value::<Vec<(usize, String)>>(pairs("missing_parent")).unwrap();
    let circles = serde_json::from_value::<Vec<(usize, usize)>>(pairs("in_circle")).unwrap();
    assert!(
        missing.iter().all(|(_, parent)| !known.contains(parent)),
        "what is missing is not there"
    );
    let missing: BTreeMap<_, _> = missing.into_iter().collect();
    let circles: BTreeMap<_, _> = circles.into_iter().collect();
    let outcomes = columns["outcomes"].as_str().unwrap().chars();
    let fact = |(at, outcome)| {
        let kind = usize::try_from(number("kind", at)).unwrap();
        let name = columns["kinds"][kind][1].as_str().unwrap().to_owned();
        let up = usize::try_from(number("up", at)).unwrap();
        let outermost = || {
            let around = circles.get(&at).map(|around| id(*around));
            missing.get(&at).cloned().or(around)
        };
        let parent = if up > 0 { Some(id(at - up)) } else { outermost() };
        (id(at), (name, parent, number("began", at), number("lasted", at), outcome))
    };
    outcomes.enumerate().map(fact).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the order of the records, and however operations are said to be inside one another.
    #[test]
    fn a_page_says_of_every_operation_what_the_log_says(all in made_up(), seed in any::<u64>()) {
        let (mut records, facts) = records_and_facts(&all);
        records.sort_by_key(|record| (record.span_id.get().wrapping_mul(seed | 1), record.duration_ns));
        let (ran, page) = report(&[], &lines(&records));
        prop_assert_eq!(ran.code, 0);
        prop_assert_eq!(facts_of(&json_of(&page, "columns")), facts);
    }
}
