//! The reader of a pipe goes away.

use std::io::{Read as _, pipe};
use std::os::unix::process::ExitStatusExt as _;

use super::Load;

/// Runs a load whose reader reads a little and goes away.
fn left_alone(plan: &str) -> super::Ended {
    let (mut reader, writer) = pipe().unwrap();
    let running = Load::new(plan).stdout(writer).stderr_kept().start();
    reader.read_exact(&mut [0; 1_000]).unwrap();
    drop(reader);
    running.wait()
}

#[test]
fn a_program_whose_reader_went_away_lives_counts_its_losses_and_says_so_once() {
    for queue in ["", "queue=block:100", "queue=newest:100000", "queue=oldest:100000"] {
        let plan = format!("sink=stdout threads=4 operations=20000 {queue}");
        let ended = left_alone(&plan);
        assert!(ended.status.success(), "{plan}: {}", ended.status);
        let counted = ended.counters();
        assert_eq!(counted.recorded, 40_000, "{plan}");
        assert_eq!(counted.written + counted.dropped, 40_000, "{plan}: {counted:?}");
        assert!(counted.dropped > 30_000, "{plan}: {counted:?}");
        let stderr = ended.stderr();
        let losing = stderr.lines().filter(|line| line.contains("records are being lost"));
        assert_eq!(losing.count(), 1, "{plan}: {stderr}");
        assert!(!stderr.contains("written again"), "{plan}: {stderr}");
        if queue.is_empty() {
            assert!(stderr.contains("writer: records are being lost: Broken pipe"), "{stderr}");
        }
    }
}

#[test]
fn a_program_that_wants_to_die_of_sigpipe_does() {
    const SIGPIPE: i32 = 13;
    let ended = left_alone("sink=stdout operations=20000 sigpipe=default");
    assert_eq!(ended.status.signal(), Some(SIGPIPE));
    assert_eq!(ended.stderr(), "");
}
