//! Files that are renamed, removed, replaced and truncated by others.

use std::fs;
use std::time::Duration;

use tracing_invocation::sink::File;

use super::super::{recorded, succeed};
use super::{layer_of, place, read, watchful};

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
