//! Finds the processes that have a file open for writing.

use std::fs::Metadata;
use std::time::SystemTime;

/// A process that has a log open for writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    pub(super) pid: i32,
    pub(super) command: String,
    pub(super) started: Option<SystemTime>,
}

/// Who has which file open for writing, as far as that is shown to whoever asks.
#[derive(Debug)]
pub(super) struct Writers {
    /// By file: its processes.
    pub(super) of: Vec<Vec<Writer>>,
    /// How many processes do not show their files.
    pub(super) hidden: usize,
}

/// Looks for the writers of all files, each told by its [`Metadata`], at once. `None` where the system does not tell.
///
/// Files are told by device and number, so that a name that has changed, or one inside a container, is no obstacle.
#[cfg(target_os = "linux")]
pub(super) fn find(files: &[Option<Metadata>]) -> Option<Writers> {
    use std::os::unix::fs::MetadataExt as _;

    let ids: Vec<_> =
        files.iter().map(|file| file.as_ref().map(|file| (file.dev(), file.ino()))).collect();
    let mut writers = Writers { of: vec![Vec::new(); files.len()], hidden: 0 };
    let me = std::process::id();
    for process in procfs::process::all_processes().ok()?.flatten() {
        if u32::try_from(process.pid()) == Ok(me) {
            continue;
        }
        match open_for_writing(process.pid()) {
            Ok(written) => {
                for (id, of) in ids.iter().zip(&mut writers.of) {
                    if id.is_some_and(|id| written.contains(&id)) {
                        of.push(writer(&process));
                    }
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                writers.hidden += 1;
            }
            // It has ended meanwhile.
            Err(_) => {}
        }
    }
    // Where not even the first process is shown, as with `hidepid`, neither are others.
    if writers.hidden == 0 && !std::path::Path::new("/proc/1").exists() {
        writers.hidden = 1;
    }
    Some(writers)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn find(_: &[Option<Metadata>]) -> Option<Writers> {
    None
}

/// The device and the number of every file that a process has open for writing.
#[cfg(target_os = "linux")]
fn open_for_writing(pid: i32) -> std::io::Result<Vec<(u64, u64)>> {
    use std::os::unix::fs::MetadataExt as _;

    /// The owner's right to write, by which the links in `/proc/PID/fd` show how a file was opened.
    const WRITE: u32 = 0o200;

    let mut written = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd"))? {
        let path = entry?.path();
        // What was closed meanwhile is not open.
        let Ok(link) = path.symlink_metadata() else { continue };
        let Ok(file) = path.metadata() else { continue };
        if link.mode() & WRITE != 0 && file.is_file() {
            written.push((file.dev(), file.ino()));
        }
    }
    Ok(written)
}

#[cfg(target_os = "linux")]
fn writer(process: &procfs::process::Process) -> Writer {
    let stat = process.stat().ok();
    let started = stat.as_ref().and_then(|stat| {
        let boot = std::time::Duration::from_secs(procfs::boot_time_secs().ok()?);
        let ticks = procfs::ticks_per_second().max(1);
        let since = std::time::Duration::from_millis(stat.starttime.saturating_mul(1000) / ticks);
        SystemTime::UNIX_EPOCH.checked_add(boot)?.checked_add(since)
    });
    let command = stat.map(|stat| stat.comm).unwrap_or_default();
    Writer { pid: process.pid(), command, started }
}
