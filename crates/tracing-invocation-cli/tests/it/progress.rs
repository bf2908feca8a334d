//! What is shown while a long log is read.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::support::{call, lines};

/// Reads until `text` is there, or to the end.
fn read_until(from: &mut impl std::io::Read, text: &str) -> String {
    let (mut seen, mut piece) = (String::new(), [0; 256]);
    while !seen.contains(text) {
        match from.read(&mut piece).unwrap() {
            0 => break,
            count => seen += &String::from_utf8_lossy(&piece[..count]),
        }
    }
    seen
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_is_told_how_far_reading_is_and_cleared_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("log");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let program = env!("CARGO_BIN_EXE_invocations");
    let read = format!("'{program}' stats --format csv '{}' >'{0}.csv'", pipe.display());
    // `script` of util-linux gives it a terminal.
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &read, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = File::options().write(true).open(&pipe).unwrap();
    to.write_all(lines(&[call("charge", 1).invoke()]).as_bytes()).unwrap();
    let mut terminal = child.stdout.take().unwrap();
    // The log does not end before the bar is there.
    let shown = read_until(&mut terminal, " B,");
    drop(to);
    let mut rest = String::new();
    terminal.read_to_string(&mut rest).unwrap();
    assert!(shown.contains(" B,"), "{shown:?}");
    assert!(rest.ends_with("\u{1b}[2K"), "the line is cleared: {rest:?}");
    assert!(child.wait().unwrap().success());
    let told = std::fs::read_to_string(folder.path().join("log.csv")).unwrap();
    assert!(told.contains("shop,charge,1,"), "{told}");
}

#[test]
fn a_pipe_is_told_nothing() {
    let mut child = crate::support::command()
        .args(["stats", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = lines(&[call("charge", 1).invoke()]);
    child.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
    assert!(child.wait().unwrap().success());
}
