//! Files: what stands in them, whatever becomes of them.

mod keeping;
mod moving;
mod rotating;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;
use tracing_invocation::sink::{File, OnFailure, Output, Sink as _};
use tracing_invocation::{InvocationLayer, Record, layer};

use super::{LONG, recorded, succeed};

/// A folder that is gone at the end, and the path of a file in it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log/shop.jsonl");
    (folder, path)
}

/// A file that looks before every record whether it is still there.
fn watchful(path: &Path) -> File {
    File::open(path).unwrap().with_check_interval(Duration::ZERO)
}

/// A layer that writes to `file`, and is silent about losses.
fn layer_of(file: File) -> InvocationLayer {
    layer().with_sink(Output::new(file).on_failure(OnFailure::ignore()))
}

/// The records in a file, each on a line of its own and whole.
#[track_caller]
fn read(path: impl AsRef<Path>) -> Vec<Record> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

#[test]
fn a_file_is_appended_to_and_created_where_it_is_missing_with_its_folder() {
    let (_folder, path) = place();
    for runs in 1..=3 {
        let file = File::open(&path).unwrap();
        assert_eq!(file.name(), path.display().to_string());
        let layer = layer_of(file);
        let delivery = layer.delivery();
        recorded(layer, succeed);
        delivery.flush(LONG).unwrap();
        assert_eq!(read(&path).len(), 2 * runs);
    }
}

#[test]
fn a_torn_last_line_does_not_swallow_the_next_record() {
    proptest!(|(before in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..8))| {
        let (_folder, path) = place();
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, &before).unwrap();
        recorded(layer_of(File::open(&path).unwrap()), succeed);
        let after = fs::read(&path).unwrap();
        let mut expected = before.clone();
        if before.last().is_some_and(|last| *last != b'\n') {
            expected.push(b'\n');
        }
        let records = after.strip_prefix(&expected[..]).unwrap();
        let records: Vec<Record> = records
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        prop_assert_eq!(records.len(), 2);
    });
}

#[test]
fn what_is_torn_while_the_file_is_open_is_healed_when_it_is_opened_anew() {
    let (_folder, path) = place();
    let file = File::open(&path).unwrap();
    let handle = file.handle();
    recorded(layer_of(file), || {
        succeed();
        let part = fs::OpenOptions::new().append(true).open(&path);
        std::io::Write::write_all(&mut part.unwrap(), b"{\"torn").unwrap();
        handle.reopen();
        succeed();
    });
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), lines[2]), (5, "{\"torn"));
    assert!(lines[3].contains("invoke"));
}

#[test]
fn a_path_that_cannot_be_appended_to_is_refused_and_the_error_says_why() {
    let (folder, path) = place();
    fs::write(folder.path().join("log"), "a file where a folder should be").unwrap();
    let refused = |path: &Path| File::open(path).unwrap_err().to_string();

    let error = refused(&path);
    assert!(error.starts_with(&format!("{}: ", path.display())), "{error}");
    let error = refused(folder.path());
    assert!(error.ends_with(": is a folder: give the path of a file in it"), "{error}");
    #[cfg(unix)]
    {
        let error = refused(Path::new("/dev/null"));
        let expected = "/dev/null: is no regular file: open it, and give it to JsonLines";
        assert_eq!(error, expected);
    }
    assert!(!refused(Path::new("")).is_empty());
}

#[test]
fn records_that_cannot_be_written_are_counted_and_writing_goes_on_once_it_can() {
    let (folder, path) = place();
    let log = folder.path().join("log");
    let layer = layer_of(watchful(&path));
    let delivery = layer.delivery();
    recorded(layer, || {
        succeed();
        // A file where the folder was: neither it nor what is in it can be opened, not even by root.
        fs::remove_dir_all(&log).unwrap();
        fs::write(&log, "").unwrap();
        (0..3).for_each(|_| succeed());
        fs::remove_file(&log).unwrap();
        succeed();
    });
    let records = read(&path);
    assert_eq!(records.len(), 3);
    let details = &records[0].payload["error"]["details"];
    assert_eq!(details["lost"], 6);
    assert_eq!(details["output"], path.display().to_string());
    let counters = delivery.counters();
    let output = &counters.outputs[0];
    assert_eq!((output.written, output.dropped.write_failed, output.loss_records), (4, 6, 1));
}

#[test]
fn several_threads_and_several_sinks_append_to_one_file_and_tear_nothing() {
    const THREADS: usize = 4;
    const OPERATIONS: usize = 200;
    let (_folder, path) = place();
    let sinks: Vec<_> = (0..2)
        .map(|_| tracing::Dispatch::new(layered(layer_of(File::open(&path).unwrap()))))
        .collect();
    std::thread::scope(|scope| {
        for number in 0..2 * THREADS {
            let sink = &sinks[number % 2];
            scope.spawn(move || {
                tracing::dispatcher::with_default(sink, || {
                    (0..OPERATIONS).for_each(|_| succeed());
                });
            });
        }
    });
    assert_eq!(read(&path).len(), 2 * 2 * THREADS * OPERATIONS);
}

fn layered(layer: InvocationLayer) -> impl tracing::Subscriber + Send + Sync {
    use tracing_subscriber::prelude::*;
    tracing_subscriber::registry().with(layer)
}
