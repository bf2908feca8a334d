//! A policy in a file that changes while the program runs.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tracing_invocation::testing::Log;
use tracing_invocation::{Handle, PolicyFile, begin, operation};
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

/// A file that is followed, and which names it denies.
#[cfg(unix)]
struct Followed {
    log: Log,
    _file: PolicyFile,
    told: Receiver<Result<(), String>>,
    _default: tracing::subscriber::DefaultGuard,
}

#[cfg(unix)]
impl Followed {
    fn new(path: &PathBuf) -> Self {
        let log = Log::new();
        let layer = log.layer();
        let (file, told) = told(path, layer.handle());
        let _default = tracing_subscriber::registry().with(layer).set_default();
        Self { log, _file: file, told, _default }
    }

    /// Whether an operation of this name is denied.
    fn denies(&self, name: &str) -> bool {
        self.log.clear();
        begin(tracing::info_span!("x", invocation.name = name)).complete();
        self.log.lines().is_empty()
    }

    #[track_caller]
    fn wait_until_it_denies(&self, name: &str) {
        loop {
            wait_for(&self.told, Result::is_ok).unwrap();
            if self.denies(name) {
                return;
            }
        }
    }
}

#[cfg(unix)]
fn denying(name: &str) -> String {
    format!("[[rules]]\naction = \"deny\"\nevent_names = [\"{name}\"]\n")
}

#[test]
#[cfg(unix)]
fn it_is_followed_where_a_link_to_its_folder_is_switched() {
    let folder = Folder::new("releases");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.0.join(name)).unwrap();
    for (release, name) in [("1", "a"), ("2", "b")] {
        fs::create_dir(folder.0.join(release)).unwrap();
        folder.write(&format!("{release}/policy.toml"), &denying(name));
    }
    link("1", "current");
    let followed = Followed::new(&folder.0.join("current/policy.toml"));
    assert!(followed.denies("a") && !followed.denies("b"));
    link("2", "next");
    fs::rename(folder.0.join("next"), folder.0.join("current")).unwrap();
    followed.wait_until_it_denies("b");
    folder.write("2/policy.toml", &denying("c"));
    followed.wait_until_it_denies("c");
}

#[test]
#[cfg(unix)]
fn it_is_followed_where_it_is_a_link_to_what_is_edited_elsewhere() {
    let folder = Folder::new("edited");
    for name in ["real", "conf"] {
        fs::create_dir(folder.0.join(name)).unwrap();
    }
    folder.write("real/policy.toml", &denying("a"));
    let path = folder.0.join("conf/policy.toml");
    std::os::unix::fs::symlink("../real/policy.toml", &path).unwrap();
    let followed = Followed::new(&path);
    assert!(followed.denies("a"));
    folder.write("real/policy.toml", &denying("b"));
    followed.wait_until_it_denies("b");
}

#[test]
#[cfg(unix)]
fn it_is_followed_where_its_folder_is_made_anew() {
    let folder = Folder::new("anew");
    fs::create_dir(folder.0.join("conf")).unwrap();
    let path = folder.write("conf/policy.toml", &denying("a"));
    let followed = Followed::new(&path);
    fs::rename(folder.0.join("conf"), folder.0.join("old")).unwrap();
    let missing = wait_for(&followed.told, Result::is_err).unwrap_err();
    assert!(missing.contains("it cannot be read"), "{missing}");
    assert!(followed.denies("a"), "the policy before it stays in force");
    fs::create_dir(folder.0.join("conf")).unwrap();
    for name in ["b", "c"] {
        folder.write("conf/policy.toml", &denying(name));
        followed.wait_until_it_denies(name);
    }
    folder.write("old/policy.toml", &denying("d"));
    folder.write("conf/policy.toml", &denying("e"));
    followed.wait_until_it_denies("e");
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
    let syntax = error(folder.write("policy.toml", "# It lacks an end.\nrules = ["));
    assert!(syntax.contains("policy.toml: ") && syntax.contains(" at line 2 column "), "{syntax}");
    let meaning = "[[rules]]\naction = \"deny\"\nevent_names = [\"\"]";
    let meaning = error(folder.write("policy.toml", meaning));
    assert!(meaning.contains("rule 1, event_names: a pattern is empty"), "{meaning}");
    for error in [&unknown, &syntax, &meaning] {
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
