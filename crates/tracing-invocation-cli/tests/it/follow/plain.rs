//! Where no terminal shows it: a line for each record of note.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use tracing_invocation::Record;

use super::{Logs, PATIENCE, append, wait_until};
use crate::support::{call, command, invocations, lines};

/// The program while it follows a log.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    fn start(logs: &Logs, arguments: &[&str]) -> Self {
        let mut command = command();
        command.arg("follow").args(arguments).current_dir(logs.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = received(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// Writes records of this name until one is seen, as nothing tells when a log is begun to be followed.
    #[track_caller]
    fn wait_until_it_reads(&self, logs: &Logs) {
        wait_until("a record is seen", || {
            logs.append(&[call("probe", 99).failed(1, "Probe", "is anybody there")]);
            self.lines.try_recv().is_ok()
        });
    }

    /// The next line that is not of the probe.
    #[track_caller]
    fn next(&self) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect("a line");
            if !line.contains("probe") {
                return line;
            }
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// The exit code, and what was said on stderr.
    fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

fn received(stdout: ChildStdout) -> Receiver<String> {
    let (send, received) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let Ok(()) = send.send(line.unwrap()) else { return };
        }
    });
    received
}

fn of_every_kind() -> Vec<Record> {
    let place = call("place", 1).on("order-7");
    let charge = call("charge", 2).of_trace(1).inside(1).at(1);
    let poll = call("poll", 3);
    let mut slow = poll.slow(40, 20);
    slow.trace_id = poll.invoke().trace_id;
    vec![
        place.invoke(),
        charge.invoke(),
        charge.failed(9, "Declined", "no funds"),
        place.failed_by(12, 2),
        poll.invoke(),
        slow,
        poll.cancelled(50, "timeout"),
        call("tick", 4).success(2),
        call("quit", 5).unknown(2),
    ]
}

#[test]
fn what_is_of_note_is_a_line() {
    let ran = invocations(&["follow"], lines(&of_every_kind()) + "hello\n");
    assert_eq!(ran.code, 0);
    insta::assert_snapshot!(ran.out, @r"
    16:00:00.010Z ✗ failed    shop charge  9.00 ms  Declined: no funds  trace 000000000000
    16:00:00.012Z ✗ failed    shop place order-7  12.0 ms  by shop charge  trace 000000000000
    16:00:00.040Z ~ slow      shop poll  40.0 ms  expected to take 20.0 ms  trace 000000000000
    16:00:00.050Z ⊘ cancelled shop poll  50.0 ms  timeout  trace 000000000000
    ");
    insta::assert_snapshot!(ran.err.replace(" in 1 s", " in 0 s"), @r"
    invocations: 9 records in 0 s: 2 failed, 1 cancelled, 1 success, 1 unknown
    invocations: 1 line skipped: 1 not a record
    ");
}

#[test]
fn every_end_is_a_line_where_that_is_asked_for() {
    // The last line has no end.
    let ran = invocations(&["follow", "--all"], lines(&of_every_kind()).trim_end());
    let words: Vec<_> = ran.out.lines().map(|line| &line[14..25]).collect();
    assert_eq!(ran.out.lines().count(), 6, "{words:?}");
    assert!(ran.out.contains("✓ success   shop tick") && ran.out.contains("? unknown   shop quit"));
}

#[test]
fn what_is_written_after_the_start_is_told_at_once() {
    let logs = Logs::new();
    logs.append(&[call("old", 1).failed(1, "Old", "before anybody looked")]);
    let following = Following::start(&logs, &["app.jsonl"]);
    following.wait_until_it_reads(&logs);
    logs.append(&[call("new", 2).failed(1, "New", "seen")]);
    let line = following.next();
    assert!(line.contains("✗ failed    shop new  1.00 ms  New: seen"), "{line}");
    following.signal("-INT");
    let (code, said) = following.end();
    assert_eq!(code, Some(0));
    assert!(said.contains("failed, 0 cancelled, 0 success"), "{said}");
}

#[test]
fn logs_are_followed_through_rotation() {
    let logs = Logs::new();
    let following = Following::start(&logs, &["app.jsonl", "other.jsonl"]);
    following.wait_until_it_reads(&logs);
    let failed = |name, span| [call(name, span).failed(1, "Error", "once")];
    append(&logs.path("other.jsonl"), &lines(&failed("elsewhere", 3)));
    assert!(following.next().contains("shop elsewhere"));
    std::fs::rename(logs.path("app.jsonl"), logs.path("app.jsonl.1")).unwrap();
    append(&logs.path("app.jsonl.1"), &lines(&failed("last", 4)));
    assert!(following.next().contains("shop last"));
    logs.append(&failed("first", 5));
    assert!(following.next().contains("shop first"));
    // What grows past its former size before anybody looks is not known to be another text.
    append(&logs.path("app.jsonl"), &"\n".repeat(1 << 20));
    logs.append(&failed("before", 7));
    assert!(following.next().contains("shop before"));
    std::fs::write(logs.path("app.jsonl"), "").unwrap();
    following.wait_until_it_reads(&logs);
    let torn = lines(&failed("torn", 6));
    let (begin, end) = torn.split_at(40);
    append(&logs.path("app.jsonl"), begin);
    append(&logs.path("app.jsonl"), end);
    assert!(following.next().contains("shop torn"));
    following.signal("-TERM");
    let (code, said) = following.end();
    assert_eq!(code, Some(0));
    assert!(said.contains("invocations: other.jsonl does not exist yet\n"), "{said}");
    assert!(!said.contains("skipped"), "{said}");
}

#[test]
fn what_is_there_is_read_where_that_is_asked_for() {
    let logs = Logs::new();
    logs.append(&of_every_kind());
    let following = Following::start(&logs, &["app.jsonl", "--from-start", "--exit-at-end"]);
    let names: Vec<_> = (0..4).map(|_| following.next()).collect();
    assert!(names[3].contains("⊘ cancelled shop poll"), "{names:?}");
    let (code, said) = following.end();
    assert_eq!(code, Some(0));
    assert!(said.contains("9 records in"), "{said}");
}

#[test]
#[cfg(unix)]
fn a_pipe_is_read_to_its_end() {
    let logs = Logs::new();
    let made = Command::new("mkfifo").arg(logs.path("app.jsonl")).status().unwrap();
    assert!(made.success());
    let following = Following::start(&logs, &["app.jsonl"]);
    // To open it is to wait for the program.
    logs.append(&of_every_kind());
    assert!(following.next().contains("✗ failed    shop charge"));
    let (code, said) = following.end();
    assert_eq!(code, Some(0));
    assert!(said.contains("9 records in"), "{said}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_it() {
    let logs = Logs::new();
    let mut following = Following::start(&logs, &["app.jsonl"]);
    following.wait_until_it_reads(&logs);
    // The thread that reads stdout ends with the first line that nobody takes.
    following.lines = channel().1;
    wait_until("it ends", || {
        logs.append(&[call("probe", 99).failed(1, "Probe", "is anybody there")]);
        following.child.try_wait().unwrap().is_some()
    });
    assert_eq!(following.end().0, Some(0));
}

#[test]
fn what_cannot_be_followed_is_said() {
    let logs = Logs::new();
    std::fs::write(logs.path("app.jsonl.1.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    let following = Following::start(&logs, &["app.jsonl.1.gz", ".", "--exit-at-end"]);
    let (code, said) = following.end();
    assert_eq!(code, Some(2));
    let said: Vec<_> = said.lines().take(2).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    invocations: app.jsonl.1.gz is compressed, and compressed files cannot be followed: read it with `invocations tree`
    invocations: . is a directory: name the files in it
    ");
}
