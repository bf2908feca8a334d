//! docs/shipping/rsyslog.md: a file is followed, its records are parsed and forwarded over TCP.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use end_to_end::{Away, Child, Receiver, fenced, guide, tool, within};
use tempfile::TempDir;

use super::{PATIENCE, assert_same, parse, produce};

/// The longest message of rsyslog as it comes, in bytes.
const LONGEST: usize = 8_096;

/// Which lines of the guide may stand for a line of its configuration: one for longer messages, and one that writes
/// what was parsed.
const LONGER: usize = 0;
const PARSED: usize = 1;

/// A machine with a log, and rsyslog.
struct Machine {
    folder: TempDir,
    log: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("operations.jsonl");
        fs::create_dir(folder.path().join("spool")).unwrap();
        File::create(&log).unwrap();
        Self { folder, log }
    }

    /// Starts rsyslog with the configuration of the guide, in which these lines of the guide stand for those that
    /// begin like them. It sends to `port`.
    fn rsyslog(&self, port: u16, variants: &[usize]) -> Child {
        let folder = self.folder.path();
        let spool = folder.join("spool");
        let port = format!("port=\"{port}\"");
        let mut configuration = guide(
            "rsyslog.conf",
            &[
                ("/var/log/shop", folder.to_str().unwrap()),
                ("/var/spool/rsyslog", spool.to_str().unwrap()),
                ("port=\"5170\"", &port),
                ("resumeInterval=\"5\"", "resumeInterval=\"1\""),
            ],
        );
        for variant in variants {
            let line = fenced("rsyslog.md", "conf").nth(*variant).unwrap();
            let line = line.replace("/var/spool/rsyslog", spool.to_str().unwrap());
            let (begin, _) = line.split_once('(').unwrap();
            let theirs = configuration.lines().find(|other| other.starts_with(begin)).unwrap();
            configuration = configuration.replace(theirs, line.trim_end());
        }
        let path = folder.join("rsyslog.conf");
        fs::write(&path, configuration).unwrap();
        let mut command = tool("rsyslogd");
        command.arg("-n").arg("-f").arg(path).arg("-i").arg(folder.join("pid"));
        let said = File::options().create(true).append(true).open(folder.join("said")).unwrap();
        Child::spawn(command.stderr(said))
    }

    /// What went elsewhere; a line that was cut may end inside a character.
    fn not_records(&self) -> String {
        let path = self.folder.path().join("not-records.log");
        String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
    }
}

/// The next `count` lines that arrive.
#[track_caller]
fn arrived(receiver: &Receiver, count: usize) -> Vec<String> {
    receiver.lines(count, PATIENCE)
}

/// Stops rsyslog and checks that nothing more came.
#[track_caller]
fn stop(mut rsyslog: Child, receiver: &Receiver) {
    assert!(rsyslog.terminate(PATIENCE).success());
    assert_eq!(receiver.rest(PATIENCE), [""; 0]);
}

#[test]
fn every_record_arrives_as_it_was_written() {
    let (machine, receiver) = (Machine::new(), Receiver::listen());
    let written = produce(600, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(receiver.port(), &[]);
    assert_same(&arrived(&receiver, written.len()), &written);
    stop(rsyslog, &receiver);
    assert_eq!(machine.not_records(), "");
}

#[test]
fn what_is_no_record_goes_elsewhere() {
    let (machine, receiver) = (Machine::new(), Receiver::listen());
    let mut written = produce(6, "rsyslog", &machine.log);
    let mut log = OpenOptions::new().append(true).open(&machine.log).unwrap();
    log.write_all(b"thread 'main' panicked at src/main.rs:1:1:\n{\"timestamp\":\"2026-11-2\n")
        .unwrap();
    written.extend(produce(6, "rsyslog", &machine.log));
    let rsyslog = machine.rsyslog(receiver.port(), &[]);
    assert_same(&arrived(&receiver, written.len()), &written);
    stop(rsyslog, &receiver);
    let others = machine.not_records();
    assert_eq!(others.lines().count(), 2, "{others}");
    assert!(others.contains("thread 'main' panicked at src/main.rs:1:1:"), "{others}");
}

#[test]
fn what_was_parsed_says_the_same_once_it_is_written_anew() {
    let (machine, receiver) = (Machine::new(), Receiver::listen());
    let written = produce(600, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(receiver.port(), &[PARSED]);
    let arrived = arrived(&receiver, written.len());
    for (arrived, written) in arrived.iter().zip(&written) {
        assert_eq!(parse(arrived), parse(written));
    }
    assert_ne!(arrived, written, "not parsed, but passed on");
    stop(rsyslog, &receiver);
}

#[test]
fn a_record_of_the_default_limit_needs_longer_messages() {
    let (machine, receiver) = (Machine::new(), Receiver::listen());
    let written = produce(600, "default", &machine.log);
    let (short, long): (Vec<_>, Vec<_>) =
        written.iter().cloned().partition(|line| line.len() <= LONGEST);
    assert!(!long.is_empty());

    let rsyslog = machine.rsyslog(receiver.port(), &[]);
    assert_same(&arrived(&receiver, short.len()), &short);
    stop(rsyslog, &receiver);
    assert_eq!(machine.not_records().lines().count(), long.len(), "each is cut, once");

    let (machine, receiver) = (Machine::new(), Receiver::listen());
    let written = produce(600, "default", &machine.log);
    let rsyslog = machine.rsyslog(receiver.port(), &[LONGER]);
    assert_same(&arrived(&receiver, written.len()), &written);
    stop(rsyslog, &receiver);
}

#[test]
fn a_file_that_is_moved_or_emptied_is_followed() {
    let (machine, receiver) = (Machine::new(), Receiver::listen());
    let rsyslog = machine.rsyslog(receiver.port(), &[]);
    let written = produce(120, "rsyslog", &machine.log);
    assert_same(&arrived(&receiver, written.len()), &written);

    fs::rename(&machine.log, machine.folder.path().join("operations.jsonl.1")).unwrap();
    let written = produce(120, "rsyslog", &machine.log);
    assert_same(&arrived(&receiver, written.len()), &written);

    // Less than before: a file that is as long as it was when it was looked at last is not seen to be another.
    OpenOptions::new().write(true).open(&machine.log).unwrap().set_len(0).unwrap();
    let written = produce(60, "rsyslog", &machine.log);
    assert_same(&arrived(&receiver, written.len()), &written);
    stop(rsyslog, &receiver);
}

#[test]
fn a_shipper_that_starts_again_goes_on_where_it_was() {
    let (machine, receiver) = (Machine::new(), Receiver::listen());
    let written = produce(120, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(receiver.port(), &[]);
    assert_same(&arrived(&receiver, written.len()), &written);
    stop(rsyslog, &receiver);

    let written = produce(120, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(receiver.port(), &[]);
    assert_same(&arrived(&receiver, written.len()), &written);
    stop(rsyslog, &receiver);
}

#[test]
fn a_collector_that_is_away_gets_everything_once_it_is_there() {
    let (machine, away) = (Machine::new(), Away::new());
    let written = produce(600, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(away.port(), &[]);
    within(PATIENCE, "a refusal", || {
        let said = fs::read_to_string(machine.folder.path().join("said")).unwrap();
        said.contains("Connection refused").then_some(())
    });
    let receiver = away.come();
    assert_same(&arrived(&receiver, written.len()), &written);
    stop(rsyslog, &receiver);
}
