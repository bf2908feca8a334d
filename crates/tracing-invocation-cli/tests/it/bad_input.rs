//! What is no log, or is not whole: a clear message, an exit code, and no panic.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Ran, call, command, invocations, lines};

/// Two calls, of which the second is not ended.
fn log() -> String {
    let (charge, hung) = (call("charge", 1), call("deliver", 2));
    lines(&[charge.invoke(), charge.success(5), hung.invoke()])
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// The calls that were counted, and the rest of what was said.
#[track_caller]
fn counted(ran: &Ran) -> (i32, String, String) {
    let calls = |row: &str| row.split(',').skip(1).take(2).collect::<Vec<_>>().join(" ");
    let told: Vec<_> = ran.out.lines().skip(1).map(calls).collect();
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    (ran.code, told.join(", "), ran.err.clone())
}

#[track_caller]
fn stats(stdin: impl AsRef<[u8]>) -> (i32, String, String) {
    counted(&invocations(&["stats", "--format", "csv", "--sort", "name"], stdin))
}

#[track_caller]
fn stats_of(path: &Path) -> (i32, String, String) {
    let arguments = ["stats", "--format", "csv", "--sort", "name", path.to_str().unwrap()];
    let (code, told, err) = counted(&invocations(&arguments, ""));
    (code, told, err.replace(path.to_str().unwrap(), "[path]"))
}

#[test]
fn what_is_not_json_holds_no_records_and_that_is_said() {
    let (code, told, err) = stats("hello\n{\"a\":1}\n\nworld");
    assert_eq!((code, &*told), (2, ""));
    insta::assert_snapshot!(err, @"
    invocations: 3 lines were skipped, not a record: the first is stdin:1
    invocations: stdin: no records were found. A program with tracing-invocation writes one JSON object per line, with `event_outcome`, `trace_id` and `span_id`
    ");
}

#[test]
fn what_is_said_of_a_command_line_does_not_act_on_the_terminal() {
    let hostile = "a\u{1b}[31m\u{9b}2J\u{202e}b";
    let lines: [&[&str]; 5] = [
        &["diff", hostile, hostile, hostile],
        &["stats", "--sort", hostile],
        &["man", hostile],
        &["tree", "--trace", hostile],
        &[hostile],
    ];
    for line in lines {
        let mut command = command();
        // As on a terminal.
        let output = command.env("CLICOLOR_FORCE", "1").args(line).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.contains('b') && !err.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{err:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_written_is_told_by_every_command_and_every_help() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log"), log()).unwrap();
    let lines = [
        "stats log",
        "stats --format json log",
        "stats --format csv log",
        "tree log",
        "open log",
        "open --format csv log",
        "check log",
        "check --format json log",
        "follow --from-start --exit-at-end --all log",
        "report --html - log",
        "report --html /dev/full log",
        "diff --all log log",
        "diff --all --format json log log",
        "completions zsh",
        "man",
        "man stats",
        "--help",
        "stats -h",
        "--version",
    ];
    for line in lines {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = command();
        command.current_dir(folder.path()).args(line.split(' ')).stdout(full);
        let output = command.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {err}");
        assert!(err.contains("No space left on device"), "{line}: {err}");
    }
}

/// What `stats` counts in files of a folder.
#[track_caller]
fn stats_in(folder: &Path, files: &[&str]) -> (i32, String, String) {
    let mut command = command();
    command.current_dir(folder).args(["stats", "--format", "csv", "--sort", "name"]);
    let output = command.args(files).output().unwrap();
    counted(&Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    })
}

/// What a program was writing while it compressed a rotated file.
const PARTIAL: &str = ".tracing-invocation-part.2026-11-22T08-00-00.000000Z.c3cf937c714e933d.1";

#[test]
fn a_part_of_a_rotated_file_is_passed_over_unless_it_is_all_there_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.jsonl"), log()).unwrap();
    fs::write(folder.path().join(PARTIAL), gzip(&log())).unwrap();
    let (code, told, err) = stats_in(folder.path(), &["app.jsonl", PARTIAL]);
    assert_eq!((code, &*told), (0, "charge 1, deliver 1"));
    insta::assert_snapshot!(err, @"invocations: .tracing-invocation-part.2026-11-22T08-00-00.000000Z.c3cf937c714e933d.1: holds a part of a rotated file that was being compressed, and is skipped; to read it, name it alone");

    assert_eq!(stats_in(folder.path(), &[PARTIAL]), (0, told, String::new()));
    let [app, part] = ["app.jsonl", PARTIAL].map(|name| folder.path().join(name));
    let files = [&app, &part].map(|path| path.to_str().unwrap());
    let flags = ["follow", "--exit-at-end", "--from-start", "--all"];
    let ran = invocations(&[&flags[..], &files[..]].concat(), "");
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert!(ran.err.contains("is skipped"), "{}", ran.err);
}

#[test]
fn a_file_that_stands_there_compressed_as_well_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let rotated = "app.jsonl.2026-11-22T08-00-00.000000Z";
    let packed = format!("{rotated}.gz");
    fs::write(folder.path().join(rotated), log()).unwrap();
    fs::write(folder.path().join(&packed), gzip(&log())).unwrap();
    for files in [[rotated, &packed], [&packed, rotated]] {
        let (code, told, err) = stats_in(folder.path(), &files);
        assert_eq!((code, &*told), (0, "charge 1, deliver 1"));
        let expected =
            format!("invocations: {packed}: holds what {rotated} holds, and is skipped\n");
        assert_eq!(err, expected);
    }
    assert_eq!(stats_in(folder.path(), &[&packed]).1, "charge 1, deliver 1");

    let another = lines(&[call("refund", 3).invoke(), call("refund", 3).success(5)]);
    fs::write(folder.path().join(&packed), gzip(&another)).unwrap();
    let (code, told, err) = stats_in(folder.path(), &[rotated, &packed]);
    assert_eq!((code, &*told, &*err), (0, "charge 1, deliver 1, refund 1", ""));
}

#[test]
#[cfg(unix)]
fn a_file_that_is_named_twice_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.jsonl"), log()).unwrap();
    std::os::unix::fs::symlink("app.jsonl", folder.path().join("current.jsonl")).unwrap();
    let files = ["app.jsonl", "./app.jsonl", "current.jsonl"];
    let (code, told, err) = stats_in(folder.path(), &files);
    assert_eq!((code, &*told), (0, "charge 1, deliver 1"));
    insta::assert_snapshot!(err, @"
    invocations: ./app.jsonl: the same file was named before, and is read only once
    invocations: current.jsonl: the same file was named before, and is read only once
    ");
}

#[test]
fn an_empty_log_holds_no_records() {
    let (code, told, err) = stats("");
    assert_eq!((code, &*told), (2, ""));
    insta::assert_snapshot!(err, @"invocations: stdin: is empty");
}

#[test]
fn a_binary_file_holds_no_records() {
    let noise: Vec<u8> =
        (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (code, told, _) = stats(noise);
    assert_eq!((code, &*told), (2, ""));
    let every_byte_begins_a_record: Vec<u8> = br#"{"timestamp":"#.repeat(50_000);
    let (code, told, _) = stats(every_byte_begins_a_record);
    assert_eq!((code, &*told), (2, ""));
}

#[test]
fn lines_of_others_are_passed_over_and_counted() {
    let log = log().replace('\n', "\nINFO hello\n{\"level\":\"INFO\"}\n\r\n");
    let (code, told, err) = stats(log);
    assert_eq!((code, &*told), (0, "charge 1, deliver 1"));
    insta::assert_snapshot!(err, @"invocations: 6 lines were skipped, not a record: the first is stdin:2");
}

#[test]
fn a_record_is_read_behind_whatever_is_written_before_it_on_the_line() {
    let (code, told, err) = stats(log().replace("{\"timestamp", "web-1  | {\"timestamp"));
    assert_eq!((code, &*told, &*err), (0, "charge 1, deliver 1", ""));
}

#[test]
fn a_torn_line_is_counted_and_what_follows_on_it_is_read() {
    let whole = log();
    for cut in [1, 5, 30, 200] {
        let torn = &whole[..cut];
        let (code, told, err) = stats(format!("{torn}\n{whole}{torn}"));
        assert_eq!((code, &*told), (0, "charge 1, deliver 1"), "{torn}: {err}");
        let (code, told, err) = stats(format!("{torn}{whole}"));
        assert_eq!((code, &*told), (0, "charge 1, deliver 1"), "{torn}: {err}");
    }
    let (_, _, err) = stats(format!("{whole}{}", &whole[..200]));
    insta::assert_snapshot!(err, @"invocations: 1 line was skipped, torn: stdin:4");
}

#[test]
fn records_whose_newlines_are_missing_are_all_read() {
    let (code, told, err) = stats(log().replace('\n', ""));
    assert_eq!((code, &*told, &*err), (0, "charge 1, deliver 1", ""));
}

#[test]
fn a_record_behind_a_torn_one_counts_although_its_line_is_told() {
    let whole = log();
    let only = whole.lines().next().unwrap();
    let torn = format!("{}{only}\n", &only[..200]);
    let (code, told, err) = stats(&torn);
    assert_eq!((code, &*told), (0, "charge 1"));
    insta::assert_snapshot!(err, @"invocations: 1 line was skipped, torn: stdin:1");
    let checked = invocations(&["check", "--allow-open"], &torn);
    assert_eq!((checked.code, &*checked.err), (1, ""));
}

#[test]
fn what_an_object_of_somebody_else_holds_is_no_record() {
    let whole = log();
    let only = whole.lines().last().unwrap();
    let holds = format!("{{\"msg\":\"sent\",\"record\":{only}}}");
    let (code, told, err) = stats(holds.clone() + "\n" + &whole.replace(only, &(holds + only)));
    assert_eq!((code, &*told), (0, "charge 1, deliver 1"));
    let (_, told, _) = stats(whole.replace(only, &format!("{{\"a\":{only}}}")));
    assert_eq!(told, "charge 1");
    insta::assert_snapshot!(err, @"invocations: 1 line was skipped, not a record: stdin:1");
    // Neither is an object in the midst of a text, however it begins.
    let text = "got {\"timestamp\":\"2026\"} from a peer\n";
    let (code, _, err) = stats(text.to_owned() + &whole);
    assert_eq!(code, 0);
    insta::assert_snapshot!(err, @"invocations: 1 line was skipped, not a record: stdin:1");
}

#[test]
fn however_many_records_are_in_a_list_on_one_line_all_are_read() {
    let ends: Vec<_> = (1..=100).map(|span| call("sweep", span).unknown(1)).collect();
    let list = format!("[{}]\n", lines(&ends).trim_end().replace('\n', ", "));
    assert_eq!(stats(list), (0, "sweep 100".to_owned(), String::new()));
}

#[test]
fn a_record_with_a_value_that_no_record_has_is_told_apart() {
    let (code, told, err) = stats(log() + &log().replace("\"invoke\"", "\"begun\""));
    assert_eq!((code, &*told), (0, "charge 2, deliver 1"));
    insta::assert_snapshot!(err, @"invocations: 2 lines were skipped, invalid record: the first is stdin:4");
}

#[test]
fn gzip_is_read_from_files_and_stdin_several_members_long() {
    let log = log();
    let (first, rest) = log.split_at(300);
    let packed = [gzip(first), gzip(rest)].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, &packed).unwrap();
    assert_eq!(stats_of(&path), (0, "charge 1, deliver 1".into(), String::new()));
    assert_eq!(stats(&packed), (0, "charge 1, deliver 1".into(), String::new()));
}

#[test]
fn of_a_gzip_file_that_is_cut_off_or_broken_what_can_be_read_counts() {
    let long =
        log() + &lines(&(3..5_000).map(|span| call("sweep", span).unknown(1)).collect::<Vec<_>>());
    let mut packed = gzip(&long);
    let (code, told, err) = stats(&packed[..packed.len() / 2]);
    assert_eq!(code, 2);
    assert!(told.starts_with("charge 1, deliver 1, sweep "), "{told}");
    insta::assert_snapshot!(err.lines().next().unwrap(), @"invocations: stdin: the gzip data is truncated: the data before that was read");

    let middle = packed.len() / 2;
    packed[middle..middle + 40].fill(0xff);
    let (code, told, err) = stats(&packed);
    assert_eq!(code, 2);
    assert!(told.starts_with("charge 1, deliver 1"), "{told}");
    assert!(err.starts_with("invocations: stdin: the gzip data is corrupt"), "{err}");
}

#[test]
fn a_file_that_is_not_there_a_folder_and_one_that_may_not_be_read_say_so_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there");
    fs::write(&there, log()).unwrap();
    let arguments = [
        "stats",
        "--format",
        "csv",
        folder.path().to_str().unwrap(),
        "not/there",
        there.to_str().unwrap(),
    ];
    let (code, told, err) = counted(&invocations(&arguments, ""));
    assert_eq!((code, &*told), (2, "charge 1, deliver 1"));
    insta::assert_snapshot!(err.replace(folder.path().to_str().unwrap(), "[folder]"), @"
    invocations: [folder]: is a directory: name the files in it
    invocations: not/there: No such file or directory (os error 2)
    ");
}

#[test]
#[cfg(unix)]
fn a_file_that_may_not_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;

    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, log()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::File::open(&path).is_ok();
    // To root nothing is forbidden: somebody else has to look, with a program of theirs.
    let program = folder.path().join("invocations");
    fs::copy(env!("CARGO_BIN_EXE_invocations"), &program).unwrap();
    let mut command = std::process::Command::new(program);
    if is_root {
        command.uid(65_534);
    }
    let output = command.args(["stats", path.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("secret: Permission denied"), "{err}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_line_of_100_megabytes_is_passed_over_in_little_memory() {
    let mut child = command()
        .args(["stats", "--format", "csv", "--sort", "name"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    to.write_all(br#"{"timestamp":""#).unwrap();
    let piece = [b'x'; 1 << 20];
    (0..100).for_each(|_| to.write_all(&piece).unwrap());
    to.write_all(b"\n").unwrap();
    to.write_all(log().as_bytes()).unwrap();
    // All but what a pipe holds was read, and the program waits for more.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 50_000, "{peak} KiB");
    drop(to);
    let output = child.wait_with_output().unwrap();
    let (code, told, err) = counted(&Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    });
    assert_eq!((code, &*told), (0, "charge 1, deliver 1"), "{err}");
    insta::assert_snapshot!(err, @"invocations: 1 line was skipped, too long (more than 8 MiB): stdin:1");
}

#[test]
fn a_reader_of_rows_that_has_seen_enough_ends_it_quietly_too() {
    let log = lines(&(1..2_000).map(|span| call("a", span).invoke()).collect::<Vec<_>>());
    // More than any buffer between the two holds.
    let named = (1..).zip(log.lines()).map(|(number, line)| {
        line.replace("\"a\"", &format!("\"{number} {}\"", "a".repeat(200))) + "\n"
    });
    let named: String = named.collect();
    for command in ["stats", "open"] {
        let mut child = self::command()
            .args([command, "--format", "csv"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.stdin.take().unwrap().write_all(named.as_bytes()).unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), &*err), (Some(0), ""), "{command}");
    }
}

#[test]
fn more_losses_than_can_be_counted_are_as_many_as_can() {
    let mut lost = call("delivery", 1).failed(1, "records_lost", "");
    lost.event_namespace = "tracing_invocation".into();
    lost.payload["error"]["details"] = serde_json::json!({ "lost": u64::MAX });
    let log = log() + &lines(&[lost.clone(), lost]);
    for command in ["stats", "open", "tree", "check"] {
        let ran = invocations(&[command], &log);
        assert!((ran.out + &ran.err).contains("18446744073709551615 records"), "{command}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let mut child = command()
        .args(["stats", "--top", "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(log().as_bytes()).unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), &*err), (Some(0), ""));
}

#[test]
fn a_line_that_is_no_text_is_no_record_to_any_command() {
    let mut bytes = log().into_bytes();
    let payload = bytes.windows(3).position(|three| three == b"{}}").unwrap();
    bytes.splice(payload + 1..payload + 1, *b"\"a\":\"\xff\"");
    let (code, told, err) = stats(&bytes);
    assert_eq!((code, &*told), (0, "charge 1, deliver 1"));
    assert_eq!(err, "invocations: 1 line was skipped, torn: stdin:1\n");
    let ran = invocations(&["tree"], &bytes);
    assert_eq!(ran.err, err);
}
