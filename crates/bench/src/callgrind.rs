//! Counting instructions.

use std::env;
use std::io;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use crate::variant::Variant;

/// Calls of the two runs whose difference is counted; the first covers what happens once.
const FEW: u64 = 200;
const MANY: u64 = 1_200;

/// What comes before differs from run to run: one of the libraries measures the clock before `main`.
const BEGIN: &str = "--zero-before=bench::child::time_of";

/// How glibc copies memory: it looks for the fastest way that the processor has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Copies {
    /// As programs do: through AVX, where the machine has it. On one without, counts are up to a tenth higher.
    Fastest,
    /// As every processor of this architecture can.
    Plain,
}

impl Copies {
    const fn tunables(self) -> &'static str {
        match self {
            Self::Fastest => "",
            Self::Plain => {
                "glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX512F,-AVX512VL,-AVX2,-ERMS,-SSE4_2,-SSE4_1,-SSSE3"
            }
        }
    }
}

/// Instructions for each call of each variant, on all threads of its process, in the order of `variants`.
///
/// # Errors
///
/// Where valgrind is missing, or says nothing of how many there were.
pub(crate) fn instructions(variants: &[Variant], copies: Copies) -> io::Result<Vec<u64>> {
    let work: Vec<(Variant, u64)> =
        variants.iter().flat_map(|variant| [(*variant, FEW), (*variant, MANY)]).collect();
    let collected = in_parallel(&work, |(variant, calls)| collect(*variant, *calls, copies))?;
    Ok(collected.chunks_exact(2).map(|runs| per_call(runs[0], runs[1])).collect())
}

fn per_call(few: u64, many: u64) -> u64 {
    let calls = MANY - FEW;
    (many.saturating_sub(few) + calls / 2) / calls
}

fn collect(variant: Variant, calls: u64, copies: Copies) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", BEGIN])
        .arg(env::current_exe()?)
        .args(["run", variant.name, &calls.to_string()])
        .env("GLIBC_TUNABLES", copies.tunables())
        .output()
        .map_err(|error| {
            io::Error::new(error.kind(), format!("valgrind: {error}; is it installed?"))
        })?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(io::Error::other(format!("{}, under valgrind: {report}", variant.name)));
    }
    collected(&report)
        .ok_or_else(|| io::Error::other(format!("callgrind counted nothing: {report}")))
}

/// What callgrind says at its end, the sum over all threads.
fn collected(report: &str) -> Option<u64> {
    let (_, count) = report.lines().find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

/// Counts do not mind how busy a machine is, so that as many runs as there are processors go at once.
fn in_parallel<T: Sync, R: Send>(
    work: &[T],
    job: impl Fn(&T) -> io::Result<R> + Sync,
) -> io::Result<Vec<R>> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let left = Mutex::new(work.iter().enumerate());
    let next = || left.lock().ok()?.next();
    let mut results = thread::scope(|scope| {
        let worker =
            || std::iter::from_fn(next).map(|(at, item)| (at, job(item))).collect::<Vec<_>>();
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect::<Vec<_>>()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_once_is_no_part_of_a_call() {
        let once = 1_000_000;
        assert_eq!(per_call(once + FEW * 1_578, once + MANY * 1_578), 1_578);
        assert_eq!(per_call(once, once + 499), 0);
        assert_eq!(per_call(once, once + 500), 1);
        assert_eq!(per_call(once, 0), 0);
    }

    #[test]
    fn the_count_is_read_from_the_report() {
        let report = "==7== Events    : Ir\n==7== Collected : 33912067\n==7==\n";
        assert_eq!(collected(report), Some(33_912_067));
        assert_eq!(collected("==7== no events"), None);
    }

    #[test]
    fn results_come_in_the_order_of_the_work() {
        let doubled = in_parallel(&[1, 2, 3, 4, 5], |n| Ok(n * 2)).unwrap();
        assert_eq!(doubled, [2, 4, 6, 8, 10]);
        in_parallel(&[1], |_| Err::<(), _>(io::ErrorKind::NotFound.into())).unwrap_err();
    }
}
