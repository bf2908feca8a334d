//! What `invocations` tells shells and `man`, in the eyes of these.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use end_to_end::{invocations, tool};

/// What a program prints that has nothing to complain about.
#[track_caller]
fn said(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8(stdout).unwrap();
    assert!(
        status.success() && stderr.is_empty(),
        "{status}\n{said}\n{}",
        String::from_utf8_lossy(&stderr)
    );
    said
}

/// Writes the script of a shell into a folder, under the name that the shell expects.
fn script(shell: &str, name: &str, folder: &Path) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, said(Command::new(invocations()).args(["completions", shell]))).unwrap();
    path
}

#[test]
fn zsh_takes_its_script_and_completes_the_program_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = script("zsh", "_invocations", folder.path());
    assert_eq!(said(tool("zsh").args(["-f", "-n"]).arg(&script)), "");
    let ask = "fpath=($1 $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[invocations]; \
               autoload +X -Uz _invocations && print loaded";
    let mut zsh = tool("zsh");
    zsh.args(["-f", "-c", ask, "zsh"]).arg(folder.path()).env("HOME", folder.path());
    assert_eq!(said(&mut zsh), "_invocations\nloaded\n");
}

#[test]
fn fish_takes_its_script_and_completes_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = script("fish", "invocations.fish", folder.path());
    let home = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"]
        .map(|name| (name, folder.path()));
    assert_eq!(said(tool("fish").arg("--no-execute").arg(&script).envs(home)), "");
    let complete = |typed: &str| {
        let mut fish = tool("fish");
        fish.args(["--private", "-c", "source $argv[1]; complete -C $argv[2]"])
            .arg(&script)
            .arg(typed);
        let said = said(fish.envs(home).current_dir(folder.path()));
        said.lines()
            .filter_map(|line| Some(line.split('\t').next()?.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(complete("invocations st"), ["stats"]);
    assert_eq!(complete("invocations open --older"), ["--older-than"]);
    assert_eq!(complete("invocations open --format "), ["csv", "json", "table"]);
}

#[test]
fn mandoc_finds_no_error_in_a_page_and_shows_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    let written = said(Command::new(invocations()).args(["man", "--dir"]).arg(folder.path()));
    assert!(written.lines().count() > 5, "{written}");
    for page in written.lines() {
        assert_eq!(said(tool("mandoc").args(["-T", "lint", "-W", "error", page])), "");
        let shown = said(tool("mandoc").args(["-T", "utf8", "-O", "width=200", page]));
        let shown: String = plain(&shown);
        let command = Path::new(page).file_stem().unwrap().to_str().unwrap();
        let command = command.strip_prefix("invocations-");
        let help = said(Command::new(invocations()).args(command).arg("--help"));
        for example in help.lines().filter_map(|line| line.strip_prefix("  $ ")) {
            assert!(shown.contains(example), "{example}\n{shown}");
        }
    }
}

/// A page without what makes letters bold, which is each of them twice.
fn plain(page: &str) -> String {
    let mut plain = String::new();
    for letter in page.chars() {
        if letter == '\u{8}' {
            plain.pop();
        } else {
            plain.push(letter);
        }
    }
    plain
}
