//! What becomes of files that were set aside, and of what a crash leaves of that.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use tracing_invocation::Record;
use tracing_invocation::sink::{File, Rotation};

use super::super::{LONG, recorded, succeed};
use super::{files, layer_of, place};

const ASIDE: &str = ".2026-11-22T08-00-00.00000";

/// The name of a file that was set aside, by the last digit of when that was.
fn aside(path: &Path, number: usize, kind: &str) -> PathBuf {
    format!("{}{ASIDE}{number}Z{kind}", path.display()).into()
}

/// The name of what a process that was killed left of compressing the file that was set aside from `shop.jsonl`.
fn partial(path: &Path, number: usize) -> PathBuf {
    let moment = ASIDE.trim_start_matches('.');
    let name =
        format!(".tracing-invocation-part.{moment}{number}Z.c3cf937c714e933d.0123456789abcdef");
    path.with_file_name(name)
}

/// The names of the partial files.
fn partials(path: &Path) -> Vec<String> {
    names(path).into_iter().filter(|name| Rotation::is_partial(name)).collect()
}

/// The records in a file, compressed or not.
fn unpacked(path: &Path) -> Vec<Record> {
    let mut text = String::new();
    let mut file = fs::File::open(path).unwrap();
    match path.extension().is_some_and(|extension| extension == "gz") {
        true => MultiGzDecoder::new(file).read_to_string(&mut text),
        false => file.read_to_string(&mut text),
    }
    .unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A run that writes so many records, each into a file of its own, and waits until everything is done.
fn run(path: &Path, rotation: Rotation, operations: usize) {
    let file = File::open(path).unwrap().with_rotation(rotation.with_max_bytes(0));
    let handle = file.handle();
    recorded(layer_of(file), || (0..operations).for_each(|_| succeed()));
    assert!(handle.wait_until_tidy(LONG));
}

fn names(path: &Path) -> Vec<String> {
    let name = |file: PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
    files(path.parent().unwrap()).into_iter().map(name).collect()
}

#[test]
fn only_what_this_sink_set_aside_is_counted_and_removed() {
    let (_folder, path) = place();
    fs::create_dir(path.parent().unwrap()).unwrap();
    let strangers = [
        "other.jsonl.2026-11-22T08-00-00.000000Z",
        "shop.jsonl.1",
        "shop.jsonl.2026-11-22",
        "shop.jsonl.2026-11-22T08-00-00.000000Z.gz.asc",
        "shop.jsonl.2026-11-22T08-00-00.000000Zx",
        "shop.jsonl.2026-11-22T09:00:00.000000Z",
        "shop.jsonl.2026-11-22T08-00-00.000000",
        "shop.jsonl.2026-13-22T08-00-00.000000Z",
        "shop.jsonl2026-11-22T08-00-00.000000Z",
        "shop.jsonl.notes",
        ".tracing-invocation-part.2026-11-22T08-00-00.000000Z.763e429a47dd6089.0123456789abcdef",
        ".tracing-invocation-part.2026-11-22T08-00-00.000000Z.notes",
    ];
    for name in strangers {
        fs::write(path.with_file_name(name), "").unwrap();
    }
    for number in 0..4 {
        fs::write(aside(&path, number, [".gz", ""][number % 2]), "").unwrap();
    }
    run(&path, Rotation::new().with_kept(3), 1);
    let names = names(&path);
    assert!(strangers.iter().all(|name| names.iter().any(|found| found == name)), "{names:?}");
    // The two latest of those, the first record of this run, and the second in the current file.
    assert_eq!(names.len(), strangers.len() + 4, "{names:?}");
    assert!([2, 3].iter().all(|number| aside(&path, *number, [".gz", ""][number % 2]).exists()));
}

#[test]
fn files_of_earlier_runs_are_counted_at_the_first_record() {
    let (_folder, path) = place();
    run(&path, Rotation::new(), 5);
    assert_eq!(files(path.parent().unwrap()).len(), 10);
    let file = File::open(&path).unwrap().with_rotation(Rotation::new().with_kept(2));
    recorded(layer_of(file), succeed);
    assert_eq!(files(path.parent().unwrap()).len(), 3);
}

#[test]
fn compressed_files_read_back_and_none_is_left_as_it_was() {
    let (_folder, path) = place();
    run(&path, Rotation::new().with_gzip(), 5);
    let files = files(path.parent().unwrap());
    assert_eq!(files.len(), 10);
    assert!(files[1..].iter().all(|file| file.extension().unwrap() == "gz"), "{files:?}");
    let mut records: Vec<_> = files[1..].iter().flat_map(|file| unpacked(file)).collect();
    records.extend(unpacked(&path));
    assert_eq!(records.len(), 10);
    assert!(records.is_sorted_by_key(|record| record.timestamp));
}

#[test]
fn compressed_files_are_counted_like_others() {
    let (_folder, path) = place();
    run(&path, Rotation::new().with_gzip().with_kept(3), 5);
    let names = names(&path);
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names[1..].iter().all(|name| name.ends_with("Z.gz")), "{names:?}");
}

#[cfg(unix)]
#[test]
fn a_compressed_file_is_no_more_open_to_others_than_it_was() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, path) = place();
    drop(File::open(&path).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    run(&path, Rotation::new().with_gzip(), 2);
    for file in files(path.parent().unwrap()) {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// A file that a crash left, by the name of the one that is written, and what stands in it.
type Left<'a> = (PathBuf, &'a [u8]);

#[test]
fn a_crash_amid_rotation_or_compression_loses_no_record() {
    let (_folder, path) = place();
    run(&path, Rotation::new(), 2);
    let written: Vec<_> =
        files(path.parent().unwrap()).iter().map(|file| fs::read(file).unwrap()).collect();
    let older = written[1..3].concat();
    let newer = [&written[3][..], &written[0]].concat();
    let packed = packed(&older);
    let part = &packed[..20];
    let (a, b) = (|kind| aside(&path, 1, kind), |kind| aside(&path, 2, kind));
    let (name, unfinished) = (|| path.clone(), || partial(&path, 1));
    // What is there between any two steps of setting a file aside, and of compressing it.
    let steps: [Vec<Left<'_>>; 6] = [
        vec![(a(""), &older), (b(""), b""), (name(), &newer)],
        vec![(a(""), &older), (b(""), &newer)],
        vec![(a(""), &older), (b(""), &newer), (name(), b"")],
        vec![(a(""), &older), (unfinished(), part), (name(), &newer)],
        vec![(a(""), &older), (a(".gz"), &packed), (name(), &newer)],
        vec![(unfinished(), part), (a(".gz"), &packed), (name(), &newer)],
    ];
    for (step, left) in steps.iter().enumerate() {
        for (rotation, endings) in
            [(Rotation::new(), &["Z", "gz"][..]), (Rotation::new().with_gzip(), &["gz"][..])]
        {
            let found = after_crash(left, rotation);
            let mut records: Vec<_> = found.values().flatten().collect();
            records.sort_by_key(|record| record.timestamp);
            // Where nothing is compressed any more, what is there twice stays twice.
            records.dedup();
            assert_eq!(records.len(), 6, "{step}: {found:?}");
            // An empty file kept a place, and has nothing to compress.
            let names = found.iter().filter(|(_, records)| !records.is_empty());
            let mut names = names.map(|(name, _)| name).filter(|name| *name != "shop.jsonl");
            assert!(
                names.all(|name| endings.iter().any(|ending| name.ends_with(ending))),
                "{step}: {found:?}"
            );
        }
    }
}

/// The files and their records once another run has come upon this, written one record more into a file of its own.
fn after_crash(left: &[Left<'_>], rotation: Rotation) -> BTreeMap<String, Vec<Record>> {
    let (_folder, path) = place();
    fs::create_dir(path.parent().unwrap()).unwrap();
    for (file, text) in left {
        fs::write(path.with_file_name(file.file_name().unwrap()), text).unwrap();
    }
    run(&path, rotation, 1);
    assert_eq!(partials(&path), [""; 0]);
    names(&path)
        .into_iter()
        .map(|name| (name.clone(), unpacked(&path.with_file_name(name))))
        .collect()
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

#[test]
fn what_a_crash_left_of_compressing_is_removed() {
    for kind in ["", ".gz"] {
        for rotation in [Rotation::new(), Rotation::new().with_gzip()] {
            let (_folder, path) = place();
            fs::create_dir(path.parent().unwrap()).unwrap();
            fs::write(aside(&path, 1, kind), "").unwrap();
            fs::write(partial(&path, 1), "torn").unwrap();
            assert_eq!(partials(&path).len(), 1);
            run(&path, rotation.clone(), 3);
            assert_eq!(partials(&path), [""; 0], "{kind:?}, {rotation:?}");
        }
    }
}

/// Waits until the file is being compressed, and returns the name of what is there of it.
#[track_caller]
fn being_compressed(path: &Path) -> String {
    let start = Instant::now();
    loop {
        if let Some(partial) = partials(path).pop() {
            return partial;
        }
        assert!(start.elapsed() < LONG, "nothing is compressed");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_end_of_the_log_gives_up_a_compression_and_leaves_no_part_of_it() {
    let (_folder, path) = place();
    fs::create_dir(path.parent().unwrap()).unwrap();
    // So large that compressing it takes longer than this test, and takes no space.
    fs::File::create(aside(&path, 1, "")).unwrap().set_len(1 << 36).unwrap();
    let file = File::open(&path).unwrap().with_rotation(Rotation::new().with_gzip());
    let handle = file.handle();
    let layer = layer_of(file);
    let guard = layer.guard();
    recorded(layer, || {
        succeed();
        let name = being_compressed(&path);
        assert!(
            name.starts_with('.') && !name.contains("jsonl") && !name.contains("shop"),
            "{name}"
        );
        drop(guard);
        assert_eq!(partials(&path), [""; 0]);
        assert!(!handle.wait_until_tidy(Duration::ZERO), "the file is still to be compressed");
    });
    let kept = ["shop.jsonl", "shop.jsonl.2026-11-22T08-00-00.000001Z"];
    assert_eq!(names(&path), kept);
}
