//! A program that records many operations, and ends as it is told to.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod plan;
mod sinks;
mod work;

use std::env;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{self, Child, Command};
use std::time::Duration;

use end_to_end::Tally;
use fork::Fork;
use serde_json::{Value, json};
use tracing_invocation::{Delivery, Guard};
use tracing_subscriber::prelude::*;

use plan::{End, Plan};

/// Longer than any fault lasts.
const LONG: Duration = Duration::from_secs(60);

fn main() {
    let plan = Plan::read(env::args().skip(1));
    if plan.is_sigpipe_default {
        sigpipe::reset();
    }
    let (output, sink) = sinks::output(&plan);
    let layer = tracing_invocation::layer().with_limits(plan.limits()).with_sink(output);
    let delivery = layer.delivery();
    let guard = plan.end.has_guard().then(|| layer.guard().with_deadline(plan.deadline));
    tracing_subscriber::registry().with(layer).init();

    let children = spawn_children(&plan);
    let times = work::run(&plan);
    report(&plan, "times", &times.tell());
    (0..plan.forks).for_each(|_| record_in_a_fork(&plan, &delivery));
    if !plan.is_held_for_good {
        sink.release();
    }
    end(&plan, &delivery, guard);
    children.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    report(&plan, "account", &account(&delivery, sink.tally()));
}

/// Starts the same load again, as often as the plan says, beside this one and into the same output.
fn spawn_children(plan: &Plan) -> Vec<Child> {
    let program = env::current_exe().unwrap();
    let spawn = |number: usize| {
        let report = plan.report.as_ref().map(|path| format!("report={path}.{number}"));
        Command::new(&program)
            .args(env::args().skip(1).filter(|arg| !arg.starts_with("children=")))
            .args(report)
            .spawn()
            .unwrap()
    };
    (0..plan.children).map(spawn).collect()
}

/// What a child has to say that was forked and goes on with this program.
fn record_in_a_fork(plan: &Plan, delivery: &Delivery) {
    match fork::fork().unwrap() {
        Fork::Parent(child) => {
            assert_eq!(fork::waitpid(child).unwrap(), 0);
        }
        Fork::Child => {
            let before = delivery.counters();
            work::run(&Plan { threads: 1, operations: 100, ..plan.clone() });
            let flushed = delivery.flush(LONG).map_err(|error| error.to_string());
            let after = delivery.counters();
            let told = json!({ "before": before, "after": after, "flushed": flushed.err() });
            report(plan, "fork", &told);
            process::exit(0);
        }
    }
}

fn end(plan: &Plan, delivery: &Delivery, guard: Option<Guard>) {
    match plan.end {
        End::Guard => drop(guard),
        End::Return => {}
        End::Exit => process::exit(3),
        End::Abort => process::abort(),
        End::Panic => panic!("as the plan says"),
        End::Terminate => {
            report(plan, "account", &account(delivery, None));
            // Whoever holds the other end of stdin ends this program by a signal.
            let _ = io::stdin().read(&mut [0]);
        }
    }
}

fn account(delivery: &Delivery, tally: Option<Tally>) -> Value {
    json!({ "counters": delivery.counters(), "tally": tally })
}

/// Writes a report into a file that is either whole or not there.
fn report(plan: &Plan, kind: &str, what: &Value) {
    if let Some(path) = &plan.report {
        let parts = format!("{path}.{kind}.part");
        fs::write(&parts, what.to_string()).unwrap();
        fs::rename(&parts, Path::new(&format!("{path}.{kind}"))).unwrap();
    }
}
