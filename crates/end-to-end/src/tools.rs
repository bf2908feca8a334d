//! Programs of other makers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of another maker, by its name.
///
/// # Panics
///
/// Where it is not installed: a way that was not tried is not shown to work.
#[must_use]
#[track_caller]
pub fn tool(name: &str) -> Command {
    let folders = env::var_os("PATH").unwrap_or_default();
    // Where Debian keeps what only administrators start.
    let mut folders = env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]);
    match folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.is_file())) {
        Some(path) => Command::new(path),
        None => panic!("{name} is not installed: run .ci/install, which installs it on Debian"),
    }
}

/// The Python that has the packages of `requirements.txt`.
///
/// # Panics
///
/// Where there is none.
#[must_use]
#[track_caller]
pub fn python() -> Command {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/python/bin/python");
    assert!(python.is_file(), "the tools in Python are not installed: run .ci/install");
    Command::new(python)
}

/// A script of this crate's tests in Node.js, which finds the packages of `package.json`.
///
/// # Panics
///
/// Where they are not installed.
#[must_use]
#[track_caller]
pub fn node() -> Command {
    let mut node = tool("node");
    node.env("NODE_PATH", npm_packages());
    node
}

/// The command of this name that a package of `package.json` brings.
///
/// # Panics
///
/// Where it is not installed.
#[must_use]
#[track_caller]
pub fn npm(name: &str) -> Command {
    Command::new(npm_packages().join(".bin").join(name))
}

#[track_caller]
fn npm_packages() -> PathBuf {
    let packages =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/npm/node_modules");
    assert!(packages.is_dir(), "the tools on Node.js are not installed: run .ci/install");
    packages
}
