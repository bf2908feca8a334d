//! What the program says of itself: to people, to shells and to `man`.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;

use crate::support::{call, invocations, lines};

/// How long anything may take that does not end by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long is waited for an answer before the next record is written.
const TURN: Duration = Duration::from_millis(100);

/// What `invocations ARGUMENTS --help` says.
#[track_caller]
fn help(arguments: &[&str]) -> String {
    let ran = invocations(&[arguments, &["--help"]].concat(), "");
    assert_eq!((ran.code, &*ran.err), (0, ""));
    ran.out
}

/// The names of all commands.
fn commands() -> Vec<String> {
    let help = help(&[]);
    let (_, listed) = help.split_once("\nCommands:\n").unwrap();
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names: Vec<_> = names.filter(|name| !name.is_empty() && *name != "help").collect();
    names.into_iter().map(str::to_owned).collect()
}

/// What a help shows to be typed.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().filter_map(|line| line.strip_prefix("  $ "));
    lines.map(str::to_owned).collect()
}

/// A folder with the logs that examples name, and the folders of a home.
fn home() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = |hour: u64| {
        let all = (1..=40).flat_map(|span| {
            let pay = call("pay", hour * 1_000 + span).at(hour * 3_600_000 + span * 10);
            [
                pay.invoke(),
                if span % 8 == 0 { pay.failed(7, "Declined", "no") } else { pay.success(span) },
            ]
        });
        lines(&all.collect::<Vec<_>>())
    };
    for (name, hour) in [("app.jsonl", 3), ("yesterday.jsonl", 1), ("today.jsonl", 2)] {
        fs::write(folder.path().join(name), log(hour)).unwrap();
    }
    let packed = File::create(folder.path().join("app.jsonl.1.gz")).unwrap();
    let mut packed = GzEncoder::new(packed, Compression::fast());
    packed.write_all(log(0).as_bytes()).unwrap();
    packed.finish().unwrap();
    for name in [".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    folder
}

/// The folders that programs are looked for in, this one's before others.
fn path() -> OsString {
    let program = Path::new(env!("CARGO_BIN_EXE_invocations")).parent().unwrap().to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths([program].into_iter().chain(env::split_paths(&others))).unwrap()
}

/// A command line, as it is typed in a folder.
fn typed(line: &str, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env("HOME", folder).env("PATH", path());
    shell.stdin(File::open(folder.join("app.jsonl")).unwrap());
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// Runs what does not end by itself until it has said something, or until it has ended, and sends it a SIGTERM.
///
/// Meanwhile the log is written, time and again: what follows a log has something to say only from when it has opened it.
fn until_terminated(mut command: Command, log: &Path) -> ExitStatus {
    let mut child = command.process_group(0).stderr(Stdio::null()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let (send, said) = channel();
    let reading = std::thread::spawn(move || {
        let mut all = [0; 4_096];
        let mut send = Some(send);
        while matches!(out.read(&mut all), Ok(count) if count > 0) {
            send.take().into_iter().for_each(|send| send.send(()).unwrap());
        }
    });
    let mut log = OpenOptions::new().append(true).open(log).unwrap();
    let has_said = (1..=PATIENCE.as_millis() / TURN.as_millis()).any(|turn| {
        let pay = call("pay", 1_000_000 + u64::try_from(turn).unwrap());
        log.write_all(lines(&[pay.invoke(), pay.failed(7, "Declined", "no")]).as_bytes()).unwrap();
        // What says nothing more has ended.
        said.recv_timeout(TURN) != Err(RecvTimeoutError::Timeout)
    });
    assert!(has_said, "{command:?} says nothing");
    let group = format!("-{}", child.id());
    // It may have ended.
    drop(Command::new("kill").args(["-TERM", "--", &group]).stderr(Stdio::null()).status());
    let (send, ended) = channel();
    let waiting = std::thread::spawn(move || send.send(child.wait().unwrap()).unwrap());
    let status = ended.recv_timeout(PATIENCE).expect("ends at a SIGTERM");
    waiting.join().unwrap();
    reading.join().unwrap();
    status
}

#[test]
fn the_program_lists_its_commands() {
    assert_snapshot!(help(&[]), @"
    Analyzes logs of tracing-invocation: shows what happened to every operation.

    Reads records as JSON lines in the native format, ECS, Google Cloud's format or OTLP/JSON, plain or
    gzip. Other lines are skipped and counted.

    Usage: invocations [OPTIONS] <COMMAND>

    Commands:
      tree         Show calls as trees: how operations are nested, and how each ended
      stats        Count calls, outcomes and durations by operation
      open         Show operations that began and did not end
      check        Check a log against the schema, and that every beginning has exactly one end
      follow       Watch logs while they are written: calls in flight, rates, the latest failures
      report       Write an HTML page with figures, traces and timelines
      diff         Show what changed between two runs
      completions  Print completions for a shell
      man          Print a manual page, or write all of them
      help         Print this message or the help of the given subcommand(s)

    Options:
          --color <WHEN>
              When to use colours

              Possible values:
              - auto:   If the output is a terminal
              - always
              - never
              
              [default: auto]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version
    ");
}

#[test]
fn every_command_has_examples_that_can_be_typed_as_they_are() {
    for command in commands() {
        let help = help(&[&command]);
        let examples = examples(&help);
        if help.starts_with("Not there yet") {
            continue;
        }
        assert!(!examples.is_empty(), "{command} has no examples:\n{help}");
        for line in examples {
            assert!(line.contains("invocations "), "{line}");
            let home = home();
            let run = typed(&line, home.path());
            if command == "follow" {
                let status = until_terminated(run, &home.path().join("app.jsonl"));
                assert!(
                    matches!((status.code(), status.signal()), (Some(0 | 143), _) | (_, Some(15))),
                    "{line}: {status}"
                );
                continue;
            }
            let output = { run }.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            // The answer may be that something is not as it should be.
            let may_find = command == "check" || line.contains("--exit-code");
            let code = output.status.code().unwrap();
            assert!(code == 0 || may_find && code == 1, "{line}\nends with {code}\n{said}");
        }
    }
}

#[test]
fn examples_are_found_in_a_help() {
    let help = "Examples:\n  Said of it:\n  $ invocations stats app.jsonl\n  $ cat app.jsonl | invocations tree\n";
    assert_eq!(examples(help), ["invocations stats app.jsonl", "cat app.jsonl | invocations tree"]);
}

#[test]
fn what_does_not_end_is_terminated_and_what_has_said_something_is_not_waited_for() {
    let home = home();
    let log = home.path().join("app.jsonl");
    let status = until_terminated(typed("echo begun; exec sleep 1000", home.path()), &log);
    assert_eq!(status.signal(), Some(15));
    assert_eq!(until_terminated(typed("true", home.path()), &log).code(), Some(0));
    let status = until_terminated(typed("exec tail -n 0 -f app.jsonl", home.path()), &log);
    assert_eq!(status.signal(), Some(15));
}

/// Writes the script of a shell into a folder.
fn script(shell: &str, folder: &Path) -> PathBuf {
    let ran = invocations(&["completions", shell], "");
    assert_eq!((ran.code, &*ran.err), (0, ""));
    let path = folder.join(format!("invocations.{shell}"));
    fs::write(&path, ran.out).unwrap();
    path
}

#[test]
fn bash_takes_its_script_and_completes_by_it() {
    /// Completes the last of the words after the script's path.
    const COMPLETE: &str = r#"
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
completer=$(complete -p invocations | sed 's/.*-F \([^ ]*\).*/\1/')
"$completer" invocations "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;
    let folder = tempfile::tempdir().unwrap();
    let script = script("bash", folder.path());
    let checked = Command::new("bash").arg("-n").arg(&script).output().unwrap();
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
    let complete = |words: &[&str]| {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", COMPLETE, "bash"]).arg(&script).arg("invocations").args(words);
        let output = bash.current_dir(folder.path()).output().unwrap();
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(complete(&["st"]), ["stats"]);
    assert_eq!(complete(&["open", "--older"]), ["--older-than"]);
    assert_eq!(complete(&["open", "--format", ""]), ["table", "json", "csv"]);
    let shells = complete(&["completions", ""]);
    assert!(
        ["bash", "zsh", "fish"].iter().all(|shell| shells.contains(&(*shell).to_owned())),
        "{shells:?}"
    );
    let all: BTreeSet<_> = complete(&[""]).into_iter().collect();
    assert!(commands().iter().all(|command| all.contains(command)), "{all:?}");
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man1");
    let ran = invocations(&["man", "--dir", dir.to_str().unwrap()], "");
    assert_eq!((ran.code, &*ran.err), (0, ""));
    let written: BTreeSet<_> = fs::read_dir(&dir)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let pages = commands().into_iter().map(|command| format!("invocations-{command}.1"));
    assert_eq!(written, pages.chain(["invocations.1".to_owned()]).collect());
    for file in &written {
        let page = fs::read_to_string(dir.join(file)).unwrap();
        let command = file.strip_suffix(".1").unwrap().strip_prefix("invocations-");
        assert_eq!(invocations(&[&["man"], command.as_slice()].concat(), "").out, page);
        assert!(page.contains("\n.SH SYNOPSIS\n"), "{page}");
        let shown = command.map_or_else(Vec::new, |command| examples(&help(&[command])));
        let is_shown = |line: &String| {
            page.contains(&*line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\*(Aq"))
        };
        assert!(shown.iter().all(is_shown), "{page}\n{shown:?}");
    }
}

#[test]
fn a_page_of_no_command_is_refused_with_those_that_there_are() {
    let ran = invocations(&["man", "trees"], "");
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"invocations: there is no command `trees`: one of tree, stats, open, check, follow, report, diff, completions, man");
}
