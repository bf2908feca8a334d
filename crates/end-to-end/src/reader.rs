//! `invocations`, as it is installed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The reader's program, optimized, which is built where it is not yet.
///
/// # Panics
///
/// Where it does not build.
#[must_use]
pub fn invocations() -> &'static Path {
    &PROGRAM
}

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    // A test's own program is `target/debug/deps/it-..`.
    let test = env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--release", "--package", "tracing-invocation-cli"])
        .arg("--target-dir")
        .arg(target)
        .status();
    assert!(built.unwrap().success());
    target.join("release").join("invocations")
});
