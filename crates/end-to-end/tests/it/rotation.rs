//! Files that are rotated under a process which writes to them: by logrotate, and by itself while it is killed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use end_to_end::tool;
use serde_json::Value;
use tempfile::TempDir;

const SIGHUP: &str = "1";

/// A process that records operations into a file until its input ends.
struct Appends {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Appends {
    fn start(path: &Path, args: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_appends"))
            .arg(path)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    /// What it says when it has come to its end.
    fn end(mut self) -> Value {
        drop(self.input.take());
        let said = self.output.by_ref().lines().last().unwrap().unwrap();
        assert!(self.process.wait().unwrap().success());
        serde_json::from_str(&said).unwrap()
    }
}

impl Drop for Appends {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.jsonl");
    (folder, path)
}

/// Waits until a file is so long.
#[track_caller]
fn wait_until(path: &Path, is_long: u64) {
    let start = Instant::now();
    while fs::metadata(path).map_or(0, |metadata| metadata.len()) < is_long {
        assert!(start.elapsed() < Duration::from_secs(20), "{} does not grow", path.display());
        thread::sleep(Duration::from_millis(1));
    }
}

/// Has logrotate rotate a file so often, as `directives` say, and lets the process write between.
fn logrotate(path: &Path, times: usize, directives: &str) {
    let folder = tempfile::tempdir().unwrap();
    let [config, state] = ["config", "state"].map(|name| folder.path().join(name));
    let text = format!("{} {{\nrotate 100\n{directives}\n}}\n", path.display());
    fs::write(&config, text).unwrap();
    for _ in 0..times {
        wait_until(path, 20_000);
        let rotated = tool("logrotate")
            .args(["--force", "--state"])
            .args([&state, &config])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&rotated.stderr);
        assert!(rotated.status.success() && said.is_empty(), "{said}");
    }
    // The process goes on in a file that is new, before it is told to end.
    wait_until(path, 1);
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// How many records jq reads in these files.
fn count(files: &[PathBuf]) -> u64 {
    let counted = tool("jq").args(["-n", "[inputs.event_outcome] | length"]).args(files).output();
    let counted = counted.unwrap();
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
    String::from_utf8(counted.stdout).unwrap().trim().parse().unwrap()
}

/// The outcomes that were recorded of each operation, by thread and number.
type Operations = BTreeMap<(u64, u64), Vec<String>>;

/// The operations in a text, and what in it is no record.
fn read(text: &str) -> (Operations, Vec<&str>) {
    let (mut operations, mut torn) = (Operations::new(), Vec::new());
    for line in text.lines() {
        let Ok(record) = serde_json::from_str::<Value>(line) else {
            torn.push(line);
            continue;
        };
        let number = |key: &str| record["payload"][key].as_u64().unwrap();
        let outcome = record["event_outcome"].as_str().unwrap().to_owned();
        operations.entry((number("thread"), number("number"))).or_default().push(outcome);
    }
    (operations, torn)
}

/// Asserts that every record that was made is in one of the files, whole, and once.
#[track_caller]
fn assert_complete(counters: &Value, files: &[PathBuf]) {
    let recorded = counters["recorded"].as_u64().unwrap();
    assert_eq!(counters["outputs"][0]["written"], recorded);
    assert_eq!(count(files), recorded);
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert!(text.lines().all(|line| line.starts_with('{') && line.ends_with('}')));
    let (operations, torn) = read(&text);
    assert_eq!(torn, [""; 0]);
    for thread in 0..2 {
        let of_thread = operations.range((thread, 0)..(thread + 1, 0));
        assert!(of_thread.enumerate().all(|(at, ((_, number), _))| at as u64 == *number));
    }
    assert!(
        operations.values().all(
            |outcomes| *outcomes == ["invoke", "unknown"] || *outcomes == ["unknown", "invoke"]
        )
    );
}

#[test]
fn logrotate_that_creates_the_file_and_sends_a_signal_costs_no_record() {
    let (folder, path) = place();
    // An hour: it is the signal that it is about.
    let process = Appends::start(&path, &[&format!("signal={SIGHUP}"), "check=3600000"]);
    wait_until(&path, 1);
    let script = format!("postrotate\nkill -HUP {}\nendscript", process.process.id());
    logrotate(&path, 8, &format!("create\n{script}"));
    let counters = process.end();
    let files = files(folder.path());
    assert_eq!(files.len(), 9, "{files:?}");
    assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() > 0));
    assert_complete(&counters, &files);
}

#[test]
fn logrotate_that_only_renames_costs_no_record() {
    let (folder, path) = place();
    let process = Appends::start(&path, &["check=5"]);
    logrotate(&path, 8, "nocreate");
    let counters = process.end();
    let files = files(folder.path());
    assert_eq!(files.len(), 9, "{files:?}");
    assert_complete(&counters, &files);
}

/// Which records of a thread these are, in their order: two of each operation.
fn places(text: &str, thread: u64) -> Vec<u64> {
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_thread = records.filter(|record| record["payload"]["thread"] == thread);
    let place = |record: Value| {
        let number = record["payload"]["number"].as_u64().unwrap();
        2 * number + u64::from(record["event_outcome"] != "invoke")
    };
    of_thread.map(place).collect()
}

/// Waits until each of the two threads has a record in the file.
#[track_caller]
fn wait_for_both_threads(path: &Path) {
    let start = Instant::now();
    let has = |text: &str, thread: u64| text.contains(&format!("\"thread\":{thread}"));
    while !fs::read_to_string(path).is_ok_and(|text| has(&text, 0) && has(&text, 1)) {
        assert!(start.elapsed() < Duration::from_secs(20), "a thread does not write");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn logrotate_that_copies_and_truncates_costs_what_is_written_between_the_two_and_tears_nothing_else()
 {
    let (folder, path) = place();
    let process = Appends::start(&path, &[]);
    wait_for_both_threads(&path);
    logrotate(&path, 8, "copytruncate");
    wait_for_both_threads(&path);
    let counters = process.end();
    let files = files(folder.path());
    assert_eq!(files.len(), 9, "{files:?}");
    // The oldest first. The last line of a copy may be one that was being written.
    let texts = files.iter().rev().map(|file| {
        let text = fs::read_to_string(file).unwrap();
        assert!(*file != path || text.ends_with('\n'));
        text.rsplit_once('\n').map_or(String::new(), |(whole, _)| whole.to_owned())
    });
    let texts: Vec<_> = texts.collect();
    let (mut made, mut found) = (0, 0);
    for thread in 0..2 {
        let mut next = 0;
        for (number, text) in texts.iter().enumerate() {
            let places = places(text, thread);
            found += places.len() as u64;
            if let (Some(first), Some(last)) = (places.first(), places.last()) {
                // What is missing is missing between two files, and nothing is before the first.
                assert!(*first >= next && (number > 0 || *first == 0), "{thread}: {first}, {next}");
                assert!(places.iter().copied().eq(*first..=*last), "{thread}: {first}..={last}");
                next = last + 1;
            }
        }
        made += next;
    }
    // After the last rotation nothing is missing either.
    let recorded = counters["recorded"].as_u64().unwrap();
    assert_eq!(made, recorded);
    eprintln!("copytruncate: {} of {recorded} records lost in 8 rotations", recorded - found);
}

#[test]
fn a_process_that_is_killed_while_it_rotates_and_compresses_loses_no_record() {
    let (folder, path) = place();
    let args = ["max=4000", "gzip", "told"];
    let mut told = Vec::new();
    for round in 0..30_u64 {
        let mut process = Appends::start(&path, &args);
        let mut lines = process.output.by_ref().lines();
        for _ in 0..=(round * 37) % 200 {
            lines.next().unwrap().unwrap();
        }
        process.process.kill().unwrap();
        // What it has said until then is in the pipe, the last of it perhaps in part.
        let mut rest = String::new();
        process.output.read_to_string(&mut rest).unwrap();
        let whole = rest.rsplit_once('\n').map_or(0, |(whole, _)| whole.lines().count() as u64);
        told.push((round * 37) % 200 + 1 + whole);
    }
    let counters = Appends::start(&path, &["gzip"]).end();

    let files = files(folder.path());
    let (plain, packed): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| file.extension().unwrap() != "gz");
    // A kill between the two steps of renaming leaves the name, and nothing in it.
    let empty = plain.iter().filter(|file| fs::metadata(file).unwrap().len() == 0).count();
    assert_eq!(plain.len(), 1 + empty, "{plain:?}");
    let unpacked = tool("gzip").arg("-dc").args(packed).output().unwrap();
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    let text = String::from_utf8(unpacked.stdout).unwrap() + &fs::read_to_string(&path).unwrap();
    let (operations, torn) = read(&text);
    assert!(torn.len() <= told.len(), "{torn:?}");
    assert_eq!(counters["outputs"][0]["dropped"]["write_failed"], 0);
    // Every run counts from zero: of each number there are as many as runs that said it, or one that was about to.
    for number in 0..*told.iter().max().unwrap() {
        let least = told.iter().filter(|told| **told > number).count();
        let outcomes = &operations[&(0, number)];
        for outcome in ["invoke", "unknown"] {
            let found = outcomes.iter().filter(|found| *found == outcome).count();
            assert!(found >= least, "{number}: {found} of {least} {outcome}");
            assert!(found <= told.len() + 1, "{number}: {outcome} {found} times");
        }
    }
}
