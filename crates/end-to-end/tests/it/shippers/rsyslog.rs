//! docs/shipping/rsyslog.md: a file is followed, its records are parsed and forwarded over TCP.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use end_to_end::{Child, Receiver, fenced, guide, tool};
use tempfile::TempDir;

use super::{PATIENCE, assert_same, parse, produce};

/// The longest message of rsyslog as it comes, in bytes.
const LONGEST: usize = 8_096;

/// Which lines of the guide may stand for a line of its configuration: one for longer messages, and one that writes
/// what was parsed.
const LONGER: usize = 0;
const PARSED: usize = 1;

/// A machine with a log, rsyslog, and another machine.
struct Machine {
    folder: TempDir,
    log: PathBuf,
    receiver: Receiver,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("operations.jsonl");
        fs::create_dir(folder.path().join("spool")).unwrap();
        File::create(&log).unwrap();
        Self { folder, log, receiver: Receiver::listen() }
    }

    /// Starts rsyslog with the configuration of the guide, in which these lines of the guide stand for those that
    /// begin like them.
    fn rsyslog(&self, variants: &[usize]) -> Child {
        let folder = self.folder.path();
        let port = format!("port=\"{}\"", self.receiver.port());
        let mut configuration = guide(
            "rsyslog.conf",
            &[
                ("/var/log/shop", folder.to_str().unwrap()),
                ("/var/spool/rsyslog", folder.join("spool").to_str().unwrap()),
                ("port=\"5170\"", &port),
            ],
        );
        for variant in variants {
            let line = fenced("rsyslog.md", "conf").nth(*variant).unwrap();
            let line = line.replace("/var/spool/rsyslog", folder.join("spool").to_str().unwrap());
            let (begin, _) = line.split_once('(').unwrap();
            let theirs = configuration.lines().find(|other| other.starts_with(begin)).unwrap();
            configuration = configuration.replace(theirs, line.trim_end());
        }
        let path = folder.join("rsyslog.conf");
        fs::write(&path, configuration).unwrap();
        Child::spawn(
            tool("rsyslogd").arg("-n").arg("-f").arg(path).arg("-i").arg(folder.join("pid")),
        )
    }

    /// The next `count` lines that arrive.
    fn arrived(&self, count: usize) -> Vec<String> {
        self.receiver.lines(count, PATIENCE)
    }

    /// Stops rsyslog and checks that nothing more came.
    #[track_caller]
    fn stop(&self, mut rsyslog: Child) {
        assert!(rsyslog.terminate(PATIENCE).success());
        assert_eq!(self.receiver.rest(PATIENCE), [""; 0]);
    }

    /// What went elsewhere; a line that was cut may end inside a character.
    fn not_records(&self) -> String {
        let path = self.folder.path().join("not-records.log");
        String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
    }
}

#[test]
fn every_record_arrives_as_it_was_written() {
    let machine = Machine::new();
    let written = produce(600, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(&[]);
    assert_same(&machine.arrived(written.len()), &written);
    machine.stop(rsyslog);
    assert_eq!(machine.not_records(), "");
}

#[test]
fn what_is_no_record_goes_elsewhere() {
    let machine = Machine::new();
    let mut written = produce(6, "rsyslog", &machine.log);
    let mut log = OpenOptions::new().append(true).open(&machine.log).unwrap();
    log.write_all(b"thread 'main' panicked at src/main.rs:1:1:\n{\"timestamp\":\"2026-11-2\n")
        .unwrap();
    written.extend(produce(6, "rsyslog", &machine.log));
    let rsyslog = machine.rsyslog(&[]);
    assert_same(&machine.arrived(written.len()), &written);
    machine.stop(rsyslog);
    let others = machine.not_records();
    assert_eq!(others.lines().count(), 2, "{others}");
    assert!(others.contains("thread 'main' panicked at src/main.rs:1:1:"), "{others}");
}

#[test]
fn what_was_parsed_says_the_same_once_it_is_written_anew() {
    let machine = Machine::new();
    let written = produce(600, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(&[PARSED]);
    let arrived = machine.arrived(written.len());
    for (arrived, written) in arrived.iter().zip(&written) {
        assert_eq!(parse(arrived), parse(written));
    }
    assert_ne!(arrived, written, "not parsed, but passed on");
    machine.stop(rsyslog);
}

#[test]
fn a_record_of_the_default_limit_needs_longer_messages() {
    let machine = Machine::new();
    let written = produce(600, "default", &machine.log);
    let (short, long): (Vec<_>, Vec<_>) =
        written.iter().cloned().partition(|line| line.len() <= LONGEST);
    assert!(!long.is_empty());

    let rsyslog = machine.rsyslog(&[]);
    assert_same(&machine.arrived(short.len()), &short);
    machine.stop(rsyslog);
    assert_eq!(machine.not_records().lines().count(), long.len(), "each is cut, once");

    let machine = Machine::new();
    let written = produce(600, "default", &machine.log);
    let rsyslog = machine.rsyslog(&[LONGER]);
    assert_same(&machine.arrived(written.len()), &written);
    machine.stop(rsyslog);
}

#[test]
fn a_file_that_is_moved_or_emptied_is_followed() {
    let machine = Machine::new();
    let rsyslog = machine.rsyslog(&[]);
    let written = produce(120, "rsyslog", &machine.log);
    assert_same(&machine.arrived(written.len()), &written);

    fs::rename(&machine.log, machine.folder.path().join("operations.jsonl.1")).unwrap();
    let written = produce(120, "rsyslog", &machine.log);
    assert_same(&machine.arrived(written.len()), &written);

    // Less than before: a file that is as long as it was when it was looked at last is not seen to be another.
    OpenOptions::new().write(true).open(&machine.log).unwrap().set_len(0).unwrap();
    let written = produce(60, "rsyslog", &machine.log);
    assert_same(&machine.arrived(written.len()), &written);
    machine.stop(rsyslog);
}

#[test]
fn a_shipper_that_starts_again_goes_on_where_it_was() {
    let machine = Machine::new();
    let written = produce(120, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(&[]);
    assert_same(&machine.arrived(written.len()), &written);
    machine.stop(rsyslog);

    let written = produce(120, "rsyslog", &machine.log);
    let rsyslog = machine.rsyslog(&[]);
    assert_same(&machine.arrived(written.len()), &written);
    machine.stop(rsyslog);
}
