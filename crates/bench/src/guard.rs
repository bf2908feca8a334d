//! The guard against growing slower: instructions by variant, as they were when somebody last looked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::process::{Command, ExitCode};

use crate::callgrind::{self, Copies};
use crate::figures::{grouped, growth};
use crate::variant::Variant;
use crate::{beside, library, print};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.txt");

/// By how many percent a variant may grow.
const TOLERANCE: u64 = 5;

/// What is counted: this library, and what it costs those beside it, where every run gives the same.
fn guarded() -> Vec<Variant> {
    let library = library::OPERATION.iter().chain(&library::STOCK).chain(&beside::VARIANTS);
    library.filter(|variant| variant.is_steady).copied().collect()
}

/// Writes the baseline anew.
pub(crate) fn write() -> io::Result<ExitCode> {
    let variants = guarded();
    let counted = callgrind::instructions(&variants, Copies::Plain)?;
    let mut text = format!(
        "# Instructions for each operation; `bench check` holds them to it, `bench baseline` writes it.\n# {}\n",
        circumstances()?
    );
    for (variant, instructions) in variants.iter().zip(counted) {
        let _ = writeln!(text, "{} {instructions}", variant.name);
    }
    fs::write(PATH, &text)?;
    print(&text);
    Ok(ExitCode::SUCCESS)
}

/// Fails where a variant grew beyond the tolerance, or is not in the baseline.
pub(crate) fn check() -> io::Result<ExitCode> {
    let baseline = Baseline::parse(&fs::read_to_string(PATH)?).map_err(io::Error::other)?;
    let variants = guarded();
    let counted = callgrind::instructions(&variants, Copies::Plain)?;
    let now: BTreeMap<&str, u64> =
        variants.iter().map(|variant| variant.name).zip(counted).collect();
    let (rows, fails) = baseline.compare(&now);
    print(&rows);
    if !fails {
        return Ok(ExitCode::SUCCESS);
    }
    let circumstances = circumstances()?;
    if circumstances != baseline.circumstances {
        eprintln!(
            "The baseline was counted with {}, this with {circumstances}.",
            baseline.circumstances
        );
    }
    eprintln!(
        "More than {TOLERANCE} % over the baseline, or not the same variants. Where that is right, write it anew with \
         `cargo run --release -p bench --no-default-features -- baseline`, and say why in the commit."
    );
    Ok(ExitCode::FAILURE)
}

#[derive(Debug, PartialEq)]
struct Baseline {
    circumstances: String,
    instructions: BTreeMap<String, u64>,
}

impl Baseline {
    /// Reads lines of a name and a number; the last comment says what it was counted with.
    fn parse(text: &str) -> Result<Self, String> {
        let mut baseline = Self { circumstances: String::new(), instructions: BTreeMap::new() };
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("# ") {
                baseline.circumstances = comment.to_owned();
                continue;
            }
            let (name, number) = line
                .split_once(' ')
                .and_then(|(name, number)| Some((name.to_owned(), number.parse().ok()?)))
                .filter(|(_, number)| *number > 0)
                .ok_or_else(|| format!("{line:?} is not a name and a number of instructions"))?;
            if baseline.instructions.insert(name, number).is_some() {
                return Err(format!("{line:?} is there twice"));
            }
        }
        Ok(baseline)
    }

    /// A row for each variant, and whether any of them fails.
    fn compare(&self, now: &BTreeMap<&str, u64>) -> (String, bool) {
        let (mut rows, mut fails) = (String::new(), false);
        for (name, now) in now {
            let Some(before) = self.instructions.get(*name) else {
                let _ = writeln!(rows, "{name:22} {:>8}: not in the baseline", grouped(*now));
                fails = true;
                continue;
            };
            let grew = *now * 100 > before * (100 + TOLERANCE);
            let shrank = *now * 100 < before * (100 - TOLERANCE);
            let word = match (grew, shrank) {
                (true, _) => "grew",
                (_, true) => "shrank; write the baseline anew",
                _ => "",
            };
            fails |= grew;
            let growth = growth(*before, *now);
            let (before, now) = (grouped(*before), grouped(*now));
            let row = format!("{name:22} {before:>8} -> {now:>8} {growth:+6.1} %  {word}");
            let _ = writeln!(rows, "{}", row.trim_end());
        }
        for name in self.instructions.keys().filter(|name| !now.contains_key(name.as_str())) {
            let _ = writeln!(rows, "{name:22} in the baseline, but not counted");
            fails = true;
        }
        (rows, fails)
    }
}

/// What counts depend on.
fn circumstances() -> io::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output()?;
    Ok(format!("{}, {}", String::from_utf8_lossy(&output.stdout).trim(), std::env::consts::ARCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(text: &str) -> Baseline {
        Baseline::parse(text).unwrap()
    }

    #[test]
    fn a_baseline_says_what_it_was_counted_with() {
        let read = baseline("# About it.\n# rustc 1.88.0\nsync 1000\nasync 2000\n");
        assert_eq!(read.circumstances, "rustc 1.88.0");
        assert_eq!(read.instructions, [("async".into(), 2000), ("sync".into(), 1000)].into());
    }

    #[test]
    fn a_baseline_that_is_none_says_where() {
        for (text, said) in [
            ("sync", "\"sync\" is not a name and a number of instructions"),
            ("sync many", "\"sync many\" is not a name and a number of instructions"),
            ("sync 0", "\"sync 0\" is not a name and a number of instructions"),
            ("sync 1\nsync 2", "\"sync 2\" is there twice"),
        ] {
            assert_eq!(Baseline::parse(text), Err(said.to_owned()));
        }
    }

    #[test]
    fn what_grew_by_more_than_five_percent_fails() {
        let baseline = baseline("sync 1000");
        for (now, fails) in [(500, false), (1_000, false), (1_050, false), (1_051, true)] {
            assert_eq!(baseline.compare(&[("sync", now)].into()).1, fails, "{now}");
        }
    }

    #[test]
    fn what_is_on_one_side_only_fails() {
        let baseline = baseline("sync 1000");
        let (rows, fails) = baseline.compare(&[("async", 1_000)].into());
        assert!(fails);
        assert!(rows.contains("async"), "{rows}");
        assert!(rows.contains("sync                   in the baseline, but not counted"), "{rows}");
    }

    #[test]
    fn the_committed_baseline_is_of_what_is_counted() {
        let committed = baseline(include_str!("../baseline.txt"));
        let mut names: Vec<_> = guarded().iter().map(|variant| variant.name).collect();
        names.sort_unstable();
        assert_eq!(committed.instructions.keys().collect::<Vec<_>>(), names);
    }
}
