//! A policy in a file that changes while the program runs.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tracing_invocation::testing::Log;
use tracing_invocation::{Handle, PolicyFile, operation};
use tracing_subscriber::prelude::*;

use crate::support::story;

#[operation]
fn run() {}

/// A folder of its own for each test, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("policy_file.{test}.{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Puts a new file in the place of the old one, as deployments do.
    fn replace(&self, name: &str, text: &str) {
        fs::rename(self.write("new", text), self.0.join(name)).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What was told of the readings of a file, each waited for.
fn told(path: &PathBuf, handle: Handle) -> (PolicyFile, Receiver<Result<(), String>>) {
    let (sender, receiver) = channel();
    let file = PolicyFile::watch_with(path, handle, move |outcome| {
        let _ = sender.send(outcome.map_err(ToString::to_string));
    });
    (file.unwrap(), receiver)
}

/// Waits until a reading was as `is` says; what is half written may be read before.
#[track_caller]
fn wait_for(
    told: &Receiver<Result<(), String>>,
    is: impl Fn(&Result<(), String>) -> bool,
) -> Result<(), String> {
    loop {
        let outcome = told.recv_timeout(Duration::from_secs(30)).expect("the file is followed");
        if is(&outcome) {
            return outcome;
        }
    }
}

#[test]
fn it_is_followed_and_a_broken_file_leaves_the_policy_before_it() {
    let folder = Folder::new("followed");
    let path = folder.write("policy.json", r#"{"default_enabled": true}"#);
    let log = Log::new();
    let layer = log.layer();
    let (_file, told) = told(&path, layer.handle());
    let _default = tracing_subscriber::registry().with(layer).set_default();

    run();
    assert_eq!(story(&log), ["run invoke", "run success"]);

    folder.replace("policy.json", r#"{"rules": [{"action": "deny", "event_names": ["run"]}]}"#);
    wait_for(&told, Result::is_ok).unwrap();
    run();
    assert_eq!(log.lines().len(), 2, "refused");

    folder.replace("policy.json", r#"{"rules": [{"action": "deny", "event_names": [""]}]}"#);
    let error = wait_for(&told, Result::is_err).unwrap_err();
    assert!(error.contains("policy.json") && error.contains("rule 1"), "{error}");
    run();
    assert_eq!(log.lines().len(), 2, "still refused");

    folder.write("policy.json", r#"{"rules": []}"#);
    wait_for(&told, Result::is_ok).unwrap();
    run();
    assert_eq!(log.lines().len(), 4);
}

#[test]
#[cfg(unix)]
fn it_is_followed_through_links_that_change() {
    let folder = Folder::new("links");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.0.join(name)).unwrap();
    for (version, text) in [("1", "default_enabled = true"), ("2", "default_enabled = false")] {
        fs::create_dir(folder.0.join(version)).unwrap();
        folder.write(&format!("{version}/policy.toml"), text);
    }
    link("1", "data");
    link("data/policy.toml", "policy.toml");

    let log = Log::new();
    let layer = log.layer();
    let (_file, told) = told(&folder.0.join("policy.toml"), layer.handle());
    let _default = tracing_subscriber::registry().with(layer).set_default();
    link("2", "next");
    fs::rename(folder.0.join("next"), folder.0.join("data")).unwrap();
    wait_for(&told, Result::is_ok).unwrap();
    run();
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn toml_says_the_same() {
    let folder = Folder::new("toml");
    let path = folder.write("policy.toml", "[[rules]]\naction = \"deny\"\nevents = [\"*.run\"]\n");
    let log = Log::new();
    let layer = log.layer();
    let _file = PolicyFile::watch(path, layer.handle()).unwrap();
    let _default = tracing_subscriber::registry().with(layer).set_default();
    run();
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn a_file_that_cannot_be_used_is_an_error_in_words() {
    let folder = Folder::new("unusable");
    let error =
        |path| PolicyFile::watch(path, Log::new().layer().handle()).unwrap_err().to_string();
    assert!(error(folder.0.join("missing.json")).contains("missing.json: it cannot be read"));
    let other = error(folder.write("policy.yaml", "rules: []"));
    assert!(other.ends_with("its name has to end in `.json` or `.toml`"), "{other}");
    let unknown = error(folder.write("policy.json", r#"{"ruels": []}"#));
    assert!(unknown.contains("ruels"), "{unknown}");
    let syntax = error(folder.write("policy.toml", "rules = ["));
    assert!(syntax.contains("policy.toml"), "{syntax}");
}
