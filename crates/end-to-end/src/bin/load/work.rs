//! The operations that are recorded, and how long each took.

use std::fs;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};
use tracing::info_span;
use tracing_invocation::{FutureExt as _, begin, operation};

use super::plan::Plan;

/// How long operations took.
pub(crate) struct Times {
    sorted: Vec<u64>,
    /// Kilobytes of memory when a tenth of the operations was done, and at the end.
    memory: (u64, u64),
}

impl Times {
    pub(crate) fn tell(&self) -> Value {
        let at = |share: f64| {
            let place = (self.sorted.len() as f64 * share) as usize;
            self.sorted.get(place.min(self.sorted.len().saturating_sub(1)))
        };
        json!({
            "p50_ns": at(0.5), "p99_ns": at(0.99), "p999_ns": at(0.999), "max_ns": at(1.0),
            "early_memory_kb": self.memory.0, "memory_kb": self.memory.1,
        })
    }
}

/// Records the operations of the plan.
pub(crate) fn run(plan: &Plan) -> Times {
    let each = plan.operations / plan.threads;
    let one = |worker: usize| {
        let text = "x".repeat(plan.text);
        let mut times = Vec::with_capacity(each);
        let mut early = 0;
        for number in 0..each {
            if number == each / 10 {
                early = resident_kb();
            }
            // Numbers without a common divisor go through every length.
            let text = &text[..(number * 7_919 + worker) % (plan.text + 1)];
            let began = Instant::now();
            operate(plan, worker, number, text);
            times.push(began.elapsed().as_nanos() as u64);
        }
        (times, early)
    };
    let done: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..plan.threads).map(|worker| scope.spawn(move || one(worker))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let early = done.iter().map(|(_, early)| *early).max().unwrap_or_default();
    let memory = (early, resident_kb());
    let mut sorted: Vec<_> = done.into_iter().flat_map(|(times, _)| times).collect();
    sorted.sort_unstable();
    Times { sorted, memory }
}

/// One operation. Of ten, one fails and one is cancelled.
fn operate(plan: &Plan, worker: usize, number: usize, text: &str) {
    match (number % 10, plan.is_async) {
        (9, false) => drop(begin(info_span!("cancelled", worker, number, text))),
        (9, true) => {
            let future = pin!(std::future::pending::<()>().operation(info_span!(
                "cancelled",
                worker,
                number,
                text
            )));
            assert!(poll(future).is_pending());
        }
        (kind, false) => drop(run_sync(worker, number, text, kind == 8)),
        (kind, true) => {
            let future = pin!(run_async(worker, number, text, kind == 8));
            assert!(poll(future).is_ready());
        }
    }
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[operation(fields(worker, number, text))]
fn run_sync(worker: usize, number: usize, text: &str, fails: bool) -> Result<(), &'static str> {
    if fails { Err("told to") } else { Ok(()) }
}

#[operation(fields(worker, number, text))]
async fn run_async(
    worker: usize,
    number: usize,
    text: &str,
    fails: bool,
) -> Result<(), &'static str> {
    if fails { Err("told to") } else { Ok(()) }
}

/// Kilobytes of this process that are in memory.
fn resident_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
