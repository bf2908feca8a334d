//! The program that cancels, built in several ways.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// How much a program knows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// Not optimized, with the lines of functions.
    Debug,
    /// Optimized, with the lines of functions.
    Lines,
    /// Optimized, with the names of functions and nothing else.
    Names,
    /// Optimized, without a name.
    Nothing,
}

impl Build {
    pub(crate) const ALL: [Self; 4] = [Self::Debug, Self::Lines, Self::Names, Self::Nothing];

    pub(crate) fn has_lines(self) -> bool {
        matches!(self, Self::Debug | Self::Lines)
    }

    fn program(self) -> PathBuf {
        match self {
            Self::Debug => env!("CARGO_BIN_EXE_cancels").into(),
            Self::Lines => OPTIMIZED.clone(),
            // What `debug = false` and `strip = true` leave in a program; building it anew would give the same code.
            Self::Names => stripped("--strip-debug"),
            Self::Nothing => stripped("--strip-all"),
        }
    }

    /// The terminal records of what the program cancels on this runtime.
    pub(crate) fn ended(self, runtime: &str) -> Vec<Value> {
        let output = Command::new(self.program()).arg(runtime).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        let records = lines.lines().map(|line| serde_json::from_str(line).unwrap());
        records.filter(|record: &Value| record["event_outcome"] != "invoke").collect()
    }
}

static OPTIMIZED: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--package", "why-tests", "--bin", "cancels"])
        .args(["--profile", "why-lines", "--target-dir"])
        .arg(target())
        .status();
    assert!(built.unwrap().success());
    target().join("why-lines").join("cancels")
});

/// The directory that the programs are built in: that of the test itself.
fn target() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_cancels")).ancestors().nth(2).unwrap()
}

fn stripped(how: &str) -> PathBuf {
    let program = target().join("why-lines").join(format!("cancels-{}", how.trim_matches('-')));
    let stripped = Command::new("strip").arg(how).arg("-o").args([&program, &*OPTIMIZED]).status();
    assert!(stripped.unwrap().success());
    program
}
