//! One variant in a process of its own, so that each has the process to itself: its subscriber, its threads, its memory.

use std::env;
use std::error::Error;
use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::variant::{Program, Variant};

/// Calls before anything is measured.
const WARM_UP: u64 = 100;
/// Calls whose allocations are counted.
const COUNTED: u64 = 200;

/// What one process measured, for each call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured {
    pub(crate) nanoseconds: f64,
    /// By the calling thread.
    pub(crate) allocations: f64,
}

/// Measures `variant` in this process.
pub(crate) fn measure(variant: Variant, calls: u64) -> Result<Measured, Box<dyn Error>> {
    let mut program = variant.set_up()?;
    let mut elapsed = Duration::ZERO;
    allocation_counter::opt_out(|| {
        program.repeat(WARM_UP);
        elapsed = time_of(&mut program, calls);
    });
    let counted = allocation_counter::measure(|| program.repeat(COUNTED));
    program.finish();
    Ok(Measured {
        nanoseconds: elapsed.as_nanos() as f64 / calls as f64,
        allocations: counted.count_total as f64 / COUNTED as f64,
    })
}

/// A function by this name is where counting of instructions begins: see `callgrind`.
#[inline(never)]
fn time_of(program: &mut Program, calls: u64) -> Duration {
    let start = Instant::now();
    program.repeat(calls);
    start.elapsed()
}

impl Measured {
    /// What a process prints for the one that started it.
    pub(crate) fn to_line(self) -> String {
        format!("{} {}", self.nanoseconds, self.allocations)
    }

    fn from_line(line: &str) -> Option<Self> {
        let (nanoseconds, allocations) = line.trim().split_once(' ')?;
        Some(Self {
            nanoseconds: nanoseconds.parse().ok()?,
            allocations: allocations.parse().ok()?,
        })
    }
}

/// Measures `variant` in a process of its own.
pub(crate) fn measure_apart(variant: Variant, calls: u64) -> io::Result<Measured> {
    let printed = output_of(&["run", variant.name, &calls.to_string()])?;
    Measured::from_line(&printed)
        .ok_or_else(|| io::Error::other(format!("{} printed {printed:?}", variant.name)))
}

/// What this program prints when it is given these arguments.
pub(crate) fn output_of(arguments: &[&str]) -> io::Result<String> {
    let output = Command::new(env::current_exe()?).args(arguments).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("bench {}: {said}", arguments.join(" "))));
    }
    String::from_utf8(output.stdout).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_prints_reads_back() {
        let measured = Measured { nanoseconds: 312.25, allocations: 0.5 };
        assert_eq!(Measured::from_line(&measured.to_line()), Some(measured));
        assert_eq!(Measured::from_line("312.25"), None);
        assert_eq!(Measured::from_line("nothing measured"), None);
    }
}
