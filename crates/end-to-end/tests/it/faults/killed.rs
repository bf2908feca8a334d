//! `kill -9` at any moment.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use fastrand::Rng;
use tracing_invocation::Record;

use super::{Load, until};

const KILLS: usize = 100;

/// Runs a load into this file, and kills it at a moment of chance: when the file has grown by so many bytes at least.
fn kill(random: &mut Rng, sink: &str, file: &Path, bytes: u64) {
    let queue = random.choice(["", "queue=block:1000", "queue=oldest:1000"]).unwrap();
    let threads = random.usize(1..=4);
    let text = random.choice([0, 200, 15_000]).unwrap();
    let path = file.to_str().unwrap();
    let plan =
        format!("sink={sink}:{path} threads={threads} operations=10000000 text={text} {queue}");
    let (bytes, spins) = (bytes + random.u64(0..200_000), random.u32(0..100_000));
    let length = || fs::metadata(file).map_or(0, |file| file.len());
    let before = length();
    let mut running = Load::new(&plan).start();
    until(|| length() >= before + bytes);
    (0..spins).for_each(|_| std::hint::spin_loop());
    running.child.0.kill().unwrap();
    running.child.0.wait().unwrap();
}

#[test]
fn every_line_of_a_program_that_was_killed_is_a_record_but_the_last_one_at_most() {
    let seed = RandomState::new().hash_one(KILLS);
    let mut random = Rng::with_seed(seed);
    let mut torn = 0;
    for number in 0..KILLS {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        kill(&mut random, "append", &file, 0);
        let log = fs::read(&file).unwrap();
        let end = log.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        for line in log[..end].split_inclusive(|byte| *byte == b'\n') {
            let record = serde_json::from_slice::<Record>(line);
            let line = String::from_utf8_lossy(line);
            assert!(record.is_ok(), "kill {number} of seed {seed}: {record:?} of {line}");
        }
        torn += usize::from(end < log.len());
    }
    println!("{torn} of {KILLS} ended in a torn line");
}

#[test]
fn the_first_record_of_a_program_is_whole_although_the_one_before_was_killed() {
    let seed = RandomState::new().hash_one(KILLS);
    let mut random = Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let (mut read, mut torn) = (0, 0);
    for number in 0..KILLS {
        // So much holds the first record, and the newline in front of it.
        kill(&mut random, "file", &file, 1_000);
        let log = fs::read(&file).unwrap();
        let mut lines = log[read..].split_inclusive(|byte| *byte == b'\n');
        if read > 0 && log[read - 1] != b'\n' {
            assert_eq!(lines.next(), Some(&b"\n"[..]), "kill {number} of seed {seed}");
            torn += 1;
        }
        let first = lines.next().unwrap();
        let record = serde_json::from_slice::<Record>(first);
        assert!(record.is_ok(), "kill {number} of seed {seed}: {record:?}");
        let mut rest = lines.peekable();
        while let Some(line) = rest.next() {
            let is_record = serde_json::from_slice::<Record>(line).is_ok();
            assert!(is_record || rest.peek().is_none(), "kill {number} of seed {seed}");
        }
        read = log.len();
    }
    println!("{torn} of {KILLS} were healed");
}
