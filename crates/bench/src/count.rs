//! Counting instructions.

use std::env;
use std::io;
use std::process::{Command, ExitCode};

use crate::variants::Variant;

/// Calls of the two runs whose difference is counted; the first covers what happens once.
const FEW: u64 = 1_000;
const MANY: u64 = 3_000;

/// Prints the instructions per call of every variant, and how they compare with writing the lines by hand.
pub(crate) fn print_table() -> ExitCode {
    let mut limit = None;
    println_table(format_args!("| variant | instructions | x by hand |\n|---|---:|---:|"));
    for variant in Variant::ALL {
        let counted =
            instructions(variant, FEW).and_then(|few| Ok((few, instructions(variant, MANY)?)));
        let per_call = match counted {
            Ok((few, many)) => many.saturating_sub(few) / (MANY - FEW),
            Err(error) => {
                eprintln!("{}: {error}; is valgrind installed?", variant.name);
                return ExitCode::FAILURE;
            }
        };
        let limit = *limit.get_or_insert(per_call);
        let ratio = per_call as f64 / limit as f64;
        println_table(format_args!("| {} | {per_call} | {ratio:.2} |", variant.about));
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn println_table(line: std::fmt::Arguments<'_>) {
    println!("{line}");
}

fn instructions(variant: Variant, calls: u64) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["run", variant.name, &calls.to_string()])
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let counted = report.lines().find_map(|line| line.split_once("Collected : "));
    let counted = counted.and_then(|(_, count)| count.trim().parse().ok());
    counted.ok_or_else(|| io::Error::other(format!("callgrind counted nothing:\n{report}")))
}
