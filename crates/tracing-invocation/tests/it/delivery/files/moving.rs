//! Files that are renamed, removed, replaced and truncated by others.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing_invocation::sink::{File, OnFailure, Rotation};

use super::super::{recorded, succeed};
use super::{files, layer_of, place, read, watchful};

/// Where a file says what went wrong, and what it said.
fn told() -> (OnFailure, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let place = Arc::clone(&told);
    (OnFailure::call(move |incident| place.lock().unwrap().push(incident.to_string())), told)
}

/// Asserts that a file said so often that it could not be opened anew.
#[track_caller]
fn assert_told(told: &Mutex<Vec<String>>, path: &Path, times: usize) {
    let told = told.lock().unwrap();
    let text = format!("{}: not opened anew: ", path.display());
    assert!(told.len() == times && told.iter().all(|told| told.starts_with(&text)), "{told:?}");
}

#[test]
fn a_renamed_file_is_left_and_a_new_one_begun() {
    let (folder, path) = place();
    let moved = folder.path().join("log/shop.1.jsonl");
    recorded(layer_of(watchful(&path)), || {
        succeed();
        fs::rename(&path, &moved).unwrap();
        succeed();
        succeed();
    });
    assert_eq!((read(&moved).len(), read(&path).len()), (2, 4));
}

#[test]
fn a_file_that_another_has_put_in_its_place_is_appended_to() {
    let (folder, path) = place();
    let moved = folder.path().join("log/shop.1.jsonl");
    recorded(layer_of(watchful(&path)), || {
        succeed();
        fs::rename(&path, &moved).unwrap();
        fs::write(&path, "{}\n").unwrap();
        succeed();
    });
    assert_eq!(read(&moved).len(), 2);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{}\n"));
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn a_folder_that_was_removed_is_created_again_and_no_record_lost() {
    let (folder, path) = place();
    let layer = layer_of(watchful(&path));
    let delivery = layer.delivery();
    recorded(layer, || {
        succeed();
        fs::remove_dir_all(folder.path().join("log")).unwrap();
        succeed();
        fs::remove_file(&path).unwrap();
        succeed();
    });
    assert_eq!(read(&path).len(), 2);
    assert_eq!(delivery.counters().outputs[0].dropped.total(), 0);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_looked_at_is_written_on_and_that_is_told_once_until_it_can() {
    let (folder, path) = place();
    let [log, hidden] = ["log", "hidden"].map(|name| folder.path().join(name));
    let (on_failure, told) = told();
    let file = watchful(&path).on_failure(on_failure);
    let handle = file.handle();
    let layer = layer_of(file);
    let delivery = layer.delivery();
    recorded(layer, || {
        for _ in 0..2 {
            // A link to itself leads nowhere, not even for root, whom no permissions stop.
            fs::rename(&log, &hidden).unwrap();
            std::os::unix::fs::symlink(&log, &log).unwrap();
            succeed();
            handle.reopen();
            succeed();
            fs::remove_file(&log).unwrap();
            fs::rename(&hidden, &log).unwrap();
            succeed();
        }
    });
    assert_eq!(read(&path).len(), 12);
    assert_eq!(delivery.counters().outputs[0].written, 12);
    assert_told(&told, &path, 2);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_looked_at_is_not_rotated_either() {
    let (folder, path) = place();
    let [log, hidden] = ["log", "hidden"].map(|name| folder.path().join(name));
    let rotation = Rotation::new().with_max_bytes(0);
    let file = File::open(&path).unwrap().with_check_interval(Duration::from_secs(3_600));
    let (on_failure, told) = told();
    recorded(layer_of(file.with_rotation(rotation).on_failure(on_failure)), || {
        fs::rename(&log, &hidden).unwrap();
        std::os::unix::fs::symlink(&log, &log).unwrap();
        (0..3).for_each(|_| succeed());
    });
    assert_eq!(read(hidden.join("shop.jsonl")).len(), 6);
    let told = told.lock().unwrap();
    assert_eq!(told.iter().filter(|told| told.contains(": not rotated: ")).count(), 1, "{told:?}");
}

#[cfg(unix)]
#[test]
fn records_of_a_file_that_was_removed_and_cannot_be_looked_at_are_counted_as_lost() {
    let (folder, path) = place();
    let log = folder.path().join("log");
    let layer = layer_of(watchful(&path));
    let delivery = layer.delivery();
    recorded(layer, || {
        fs::remove_dir_all(&log).unwrap();
        std::os::unix::fs::symlink(&log, &log).unwrap();
        succeed();
        fs::remove_file(&log).unwrap();
        succeed();
    });
    assert_eq!(read(&path).len(), 3);
    let output = &delivery.counters().outputs[0];
    assert_eq!((output.written, output.dropped.write_failed), (2, 2));
}

#[test]
fn a_renamed_file_is_written_on_until_another_can_be_opened() {
    let (folder, path) = place();
    let moved = folder.path().join("log/shop.1.jsonl");
    let (on_failure, told) = told();
    let layer = layer_of(watchful(&path).on_failure(on_failure));
    let delivery = layer.delivery();
    recorded(layer, || {
        fs::rename(&path, &moved).unwrap();
        fs::create_dir(&path).unwrap();
        (0..3).for_each(|_| succeed());
        fs::remove_dir(&path).unwrap();
        succeed();
    });
    assert_eq!((read(&moved).len(), read(&path).len()), (6, 2));
    assert_eq!(delivery.counters().outputs[0].dropped.total(), 0);
    assert_told(&told, &path, 1);
}

#[cfg(unix)]
#[test]
fn a_link_stands_for_the_file_that_it_leads_to_and_stays_when_that_is_rotated() {
    use std::os::unix::fs::symlink;

    let (folder, path) = place();
    let [near, far] = ["near.jsonl", "far.jsonl"].map(|name| folder.path().join(name));
    symlink("log/shop.jsonl", &near).unwrap();
    symlink(&near, &far).unwrap();
    // Neither the file nor its folder is there yet.
    let file =
        File::open(&far).unwrap().with_rotation(Rotation::new().with_max_bytes(0).with_kept(2));
    recorded(layer_of(file), || (0..3).for_each(|_| succeed()));
    assert_eq!(files(folder.path()), [far.clone(), folder.path().join("log"), near.clone()]);
    assert_eq!(files(path.parent().unwrap()).len(), 3);
    assert!(files(path.parent().unwrap()).iter().all(|file| read(file).len() == 1));
    assert_eq!(read(&far), read(&path));

    fs::remove_file(&near).unwrap();
    symlink(&far, &near).unwrap();
    assert!(File::open(&far).is_err(), "they lead to each other");
}

#[test]
fn a_file_that_was_truncated_goes_on_at_its_beginning() {
    let (_folder, path) = place();
    recorded(layer_of(File::open(&path).unwrap()), || {
        succeed();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
        succeed();
    });
    assert_eq!(read(&path).len(), 2);
}

#[test]
fn between_two_looks_a_renamed_file_is_written_to_until_a_handle_says_otherwise() {
    let (folder, path) = place();
    let moved = folder.path().join("log/shop.1.jsonl");
    let file = File::open(&path).unwrap().with_check_interval(Duration::from_secs(3_600));
    let handle = file.handle();
    recorded(layer_of(file), || {
        fs::rename(&path, &moved).unwrap();
        succeed();
        assert!(!path.exists());
        handle.reopen();
        succeed();
    });
    assert_eq!((read(&moved).len(), read(&path).len()), (2, 2));
}

#[cfg(unix)]
#[test]
fn a_signal_has_the_file_opened_anew_for_as_long_as_the_sink_is_there() {
    use signal_hook::consts::{SIGKILL, SIGUSR2};
    use signal_hook::low_level::raise;

    let (folder, path) = place();
    let moved = folder.path().join("log/shop.1.jsonl");
    let file = File::open(&path).unwrap().with_check_interval(Duration::from_secs(3_600));
    let file = file.reopen_on_signal(SIGUSR2).unwrap();
    recorded(layer_of(file), || {
        succeed();
        fs::rename(&path, &moved).unwrap();
        raise(SIGUSR2).unwrap();
        succeed();
    });
    assert_eq!((read(&moved).len(), read(&path).len()), (2, 2));
    // It would end the process, had it been given back.
    raise(SIGUSR2).unwrap();

    let refused = |signal| File::open(&path).unwrap().reopen_on_signal(signal).unwrap_err();
    let error = refused(SIGKILL).to_string();
    assert_eq!(error, "signal 9 cannot be handled: SIGHUP or SIGUSR1 can");
    assert!(!refused(12_345).to_string().is_empty());
}

#[cfg(unix)]
#[test]
fn a_new_file_is_no_more_open_to_others_than_the_one_before() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, path) = place();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    recorded(layer_of(watchful(&path)), || {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        succeed();
        fs::rename(&path, folder.path().join("log/shop.1.jsonl")).unwrap();
        succeed();
        assert_eq!(mode(), 0o600);
        fs::remove_file(&path).unwrap();
        succeed();
        assert_eq!(mode(), 0o600);
    });
}
