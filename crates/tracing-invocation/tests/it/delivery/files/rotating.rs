//! When files are set aside, and what stands in each.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tracing::info_span;
use tracing_invocation::format::Format;
use tracing_invocation::sink::{File, Incident, OnFailure, Output, Period, Rotation};
use tracing_invocation::{Record, layer};

use super::super::{LONG, recorded, succeed};
use super::{files, layer_of, layered, place, read, watchful};

/// A clock that stands until it is set, in seconds since the Unix epoch.
fn clock(seconds: u64) -> (Arc<AtomicU64>, impl Fn() -> SystemTime + Send + Sync + 'static) {
    let now = Arc::new(AtomicU64::new(seconds));
    let read = Arc::clone(&now);
    (now, move || at(read.load(Ordering::Relaxed)))
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// 2026-11-22T08:00:00Z
const MORNING: u64 = 1_795_334_400;

/// What the names of files that were set aside end in.
fn endings(path: &Path) -> Vec<String> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let of = |file: &PathBuf| {
        let ending = file.file_name().unwrap().to_str().unwrap().strip_prefix(name).unwrap();
        Some(ending.to_owned()).filter(|ending| !ending.is_empty())
    };
    files(path.parent().unwrap()).iter().filter_map(of).collect()
}

/// Which lines stand together in a file, the current one last.
fn model(lines: &[String], limit: u64, kept: usize) -> Vec<String> {
    let mut files = vec![String::new()];
    for line in lines {
        let current = files.last_mut().unwrap();
        if !current.is_empty() && (current.len() + line.len()) as u64 > limit {
            files.push(line.clone());
        } else {
            current.push_str(line);
        }
    }
    files.split_off(files.len().saturating_sub(kept + 1))
}

/// Writes the field `text` of each record, and so as many bytes as a test wants.
struct Text;

impl Format for Text {
    fn format(&self, record: &Record, to: &mut Vec<u8>) {
        to.extend_from_slice(record.payload["text"].as_str().unwrap().as_bytes());
        to.push(b'\n');
    }
}

#[test]
fn files_hold_as_many_whole_records_as_the_limit_allows_and_the_latest_are_kept() {
    let sizes = proptest::collection::vec(0..30_usize, 1..20);
    let limits = prop_oneof![0..100_u64, Just(u64::MAX)];
    let config = ProptestConfig::with_cases(100);
    proptest!(config, |(sizes in sizes, limit in limits, kept in 0..6_usize)| {
        let (_folder, path) = place();
        let rotation = Rotation::new().with_max_bytes(limit).with_kept(kept);
        let file = File::open(&path).unwrap().with_rotation(rotation);
        recorded(layer().with_sink(Output::new(file).with_format(Text)), || {
            for size in &sizes {
                info_span!("sized", text = "x".repeat(*size)).in_scope(|| {});
            }
        });
        let mut found: Vec<_> = files(path.parent().unwrap());
        // The current file has the shortest name, and so comes first.
        found.rotate_left(1);
        let found: Vec<_> = found.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        // Each operation has two records.
        let sizes = sizes.iter().flat_map(|size| [size; 2]);
        let lines: Vec<_> = sizes.map(|size| "x".repeat(*size) + "\n").collect();
        prop_assert_eq!(found, model(&lines, limit, kept));
    });
}

#[test]
fn the_first_record_of_a_period_comes_into_a_new_file() {
    for (period, seconds) in
        [(Period::Minute, 60), (Period::Hour, 3_600), (Period::Day, 24 * 3_600)]
    {
        let (_folder, path) = place();
        let (now, clock) = clock(MORNING);
        let file = File::open(&path).unwrap().with_clock(clock);
        recorded(layer_of(file.with_rotation(Rotation::new().with_period(period))), || {
            let start = MORNING - MORNING % seconds;
            // An empty file holds nothing of the period in which it was made.
            for offset in [0, seconds - 1, seconds, 2 * seconds - 1, 7 * seconds] {
                now.store(start + offset, Ordering::Relaxed);
                succeed();
            }
        });
        let lines: Vec<_> =
            files(path.parent().unwrap()).iter().map(|file| read(file).len()).collect();
        assert_eq!(lines, [2, 4, 4], "{period:?}");
    }
}

#[test]
fn a_file_of_an_earlier_run_is_of_the_period_in_which_it_was_modified_last() {
    let rotation = || Rotation::new().with_period(Period::Day);
    for (modified, expected) in [(MORNING - 9 * 3_600, vec![2, 2]), (MORNING - 8 * 3_600, vec![4])]
    {
        let (_folder, path) = place();
        recorded(layer_of(File::open(&path).unwrap()), succeed);
        let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.set_modified(at(modified)).unwrap();
        let file = File::open(&path).unwrap().with_clock(clock(MORNING).1);
        recorded(layer_of(file.with_rotation(rotation())), succeed);
        let lines: Vec<_> =
            files(path.parent().unwrap()).iter().map(|file| read(file).len()).collect();
        assert_eq!(lines, expected);
    }
}

#[test]
fn names_say_when_a_file_was_set_aside_and_sort_even_where_the_clock_was_set_back() {
    let (_folder, path) = place();
    let (now, clock) = clock(MORNING);
    let file = File::open(&path).unwrap().with_clock(clock);
    recorded(layer_of(file.with_rotation(Rotation::new().with_max_bytes(0))), || {
        succeed();
        now.store(MORNING - 3_600, Ordering::Relaxed);
        succeed();
        now.store(MORNING + 1, Ordering::Relaxed);
        succeed();
    });
    assert_eq!(
        endings(&path),
        [
            ".2026-11-22T08-00-00.000000Z",
            ".2026-11-22T08-00-00.000001Z",
            ".2026-11-22T08-00-00.000002Z",
            ".2026-11-22T08-00-01.000000Z",
            ".2026-11-22T08-00-01.000001Z"
        ]
    );
    let stories: Vec<_> = files(path.parent().unwrap())[1..].iter().flat_map(read).collect();
    assert!(stories.is_sorted_by_key(|record| record.timestamp));
}

#[test]
fn a_torn_last_line_is_ended_before_its_file_is_set_aside() {
    let (_folder, path) = place();
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, "{\"torn").unwrap();
    let file = File::open(&path).unwrap().with_rotation(Rotation::new().with_max_bytes(0));
    recorded(layer_of(file), succeed);
    let files = files(path.parent().unwrap());
    assert_eq!(fs::read_to_string(&files[1]).unwrap(), "{\"torn\n");
    assert_eq!((read(&path).len(), read(&files[2]).len()), (1, 1));
}

#[test]
fn a_file_that_cannot_be_set_aside_is_written_on_and_that_is_told_once() {
    let (folder, _) = place();
    // There is room for this name, and none for anything behind it.
    let path = folder.path().join("x".repeat(250));
    let told = Arc::new(Mutex::new(Vec::new()));
    let place = Arc::clone(&told);
    let on_failure = OnFailure::call(move |incident| {
        assert!(matches!(incident, Incident::Unrotated { .. }), "{incident}");
        place.lock().unwrap().push(incident.to_string());
    });
    let file = watchful(&path).with_rotation(Rotation::new().with_max_bytes(0));
    let layer = layer_of(file.on_failure(on_failure));
    let delivery = layer.delivery();
    recorded(layer, || (0..3).for_each(|_| succeed()));
    assert_eq!((files(folder.path()).len(), read(&path).len()), (1, 6));
    assert_eq!(delivery.counters().outputs[0].written, 6);
    let told = told.lock().unwrap();
    let text = format!("{}: not rotated: ", path.display());
    assert!(told.len() == 1 && told[0].starts_with(&text), "{told:?}");
}

#[test]
fn a_file_that_was_emptied_by_another_is_not_set_aside() {
    let (_folder, path) = place();
    let rotation = Rotation::new().with_max_bytes(800);
    let file = File::open(&path).unwrap().with_check_interval(LONG).with_rotation(rotation);
    recorded(layer_of(file), || {
        succeed();
        assert_eq!(files(path.parent().unwrap()).len(), 1);
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
        succeed();
        assert_eq!((files(path.parent().unwrap()).len(), read(&path).len()), (1, 2));
        succeed();
    });
    assert_eq!(files(path.parent().unwrap()).len(), 2);
}

#[test]
fn threads_and_sinks_that_rotate_one_file_lose_and_tear_nothing() {
    const THREADS: usize = 4;
    const OPERATIONS: usize = 200;
    let (_folder, path) = place();
    let sinks: Vec<_> = (0..2)
        .map(|_| {
            let rotation = Rotation::new().with_max_bytes(10_000);
            tracing::Dispatch::new(layered(layer_of(watchful(&path).with_rotation(rotation))))
        })
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
    let files = files(path.parent().unwrap());
    assert!(files.len() > 10, "{files:?}");
    let records: usize = files.iter().map(|file| read(file).len()).sum();
    assert_eq!(records, 2 * 2 * THREADS * OPERATIONS);
}
