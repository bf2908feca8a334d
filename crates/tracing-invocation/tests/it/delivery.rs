//! Records on their way out: sinks, queues, losses, and the end of a log.

mod batches;
mod contention;
mod counting;
mod ending;
mod files;
mod losses;
mod model;
mod outputs;
mod pointing;
mod pretty;
mod queues;
mod runtimes;

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::Dispatch;
use tracing_invocation::sink::{Line, Sink};
use tracing_invocation::{InvocationLayer, Outcome, Record, operation};
use tracing_subscriber::prelude::*;

/// Long enough for anything that happens at all.
const LONG: Duration = Duration::from_secs(30);

/// What a sink does with a batch.
type Behaviour = dyn Fn(&[Record]) -> io::Result<()> + Send + Sync;

/// A sink that remembers what it took, and does with each batch what it is told.
#[derive(Clone)]
struct Kept {
    batches: Arc<Mutex<Vec<Vec<Record>>>>,
    behave: Arc<Behaviour>,
    max_batch: usize,
    batch_delay: Duration,
}

impl Kept {
    fn new() -> Self {
        Self::that(|_| Ok(()))
    }

    fn that(behave: impl Fn(&[Record]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self {
            batches: Arc::default(),
            behave: Arc::new(behave),
            max_batch: 1,
            batch_delay: Duration::ZERO,
        }
    }

    /// A sink that takes a batch whenever the sender says so, and all of them once it is dropped. It says when it has
    /// begun to wait.
    fn gated() -> (Self, Sender<()>, Receiver<()>) {
        let (open, gate) = channel::<()>();
        let (began, waiting) = channel();
        let gate = Mutex::new((gate, began));
        let kept = Self::that(move |_| {
            let (gate, began) = &*gate.lock().unwrap();
            let _ = began.send(());
            let _ = gate.recv();
            Ok(())
        });
        (kept, open, waiting)
    }

    fn batches(&self) -> Vec<Vec<Record>> {
        self.batches.lock().unwrap().clone()
    }

    fn records(&self) -> Vec<Record> {
        self.batches().concat()
    }

    fn told(&self) -> Vec<String> {
        self.records().iter().map(tell).collect()
    }
}

impl Sink for Kept {
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        self.write_batch(&[*line])
    }

    fn write_batch(&self, lines: &[Line<'_>]) -> io::Result<()> {
        let records: Vec<_> = lines.iter().map(|line| line.record().unwrap()).collect();
        (self.behave)(&records)?;
        self.batches.lock().unwrap().push(records);
        Ok(())
    }

    fn max_batch(&self) -> usize {
        self.max_batch
    }

    fn batch_delay(&self) -> Duration {
        self.batch_delay
    }

    fn name(&self) -> String {
        "kept".to_owned()
    }
}

fn tell(record: &Record) -> String {
    format!("{} {}", record.event_name, record.event_outcome)
}

/// Runs `program` on this thread, recorded by `layer`.
fn recorded<T>(layer: InvocationLayer, program: impl FnOnce() -> T) -> T {
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::dispatcher::with_default(&Dispatch::new(subscriber), program)
}

/// An operation that ends like this, if it can.
#[operation]
fn end(outcome: Outcome) -> Result<(), String> {
    match outcome {
        Outcome::Failed => Err("told to".to_owned()),
        _ => Ok(()),
    }
}

fn succeed() {
    end(Outcome::Success).unwrap();
}

fn fail() {
    end(Outcome::Failed).unwrap_err();
}
