//! A queue under any order of recording, writing and flushing does what a model of it does.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use tracing::info_span;
use tracing_invocation::sink::{OnFailure, Output, Queue, WhenFull};
use tracing_invocation::{Delivery, Outcome, Record, Verdict, begin, layer};

use super::{Kept, LONG, recorded};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// An operation begins.
    Begin,
    /// One of those that are open ends.
    End(usize, Outcome),
    /// The sink takes the record that it was given.
    Take,
    /// Somebody wants what is there flushed, and does not wait.
    Flush,
}

/// A record as the model knows it.
type Known = (u64, Outcome);

fn is_precious((_, outcome): &Known) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::Cancelled)
}

/// What is in a queue whose writer takes all that is there as soon as it has written what it took before.
#[derive(Debug)]
struct Model {
    capacity: usize,
    when_full: WhenFull,
    in_hand: VecDeque<Known>,
    waiting: VecDeque<Known>,
    written: Vec<Known>,
    recorded: u64,
    lost: u64,
}

impl Model {
    fn push(&mut self, known: Known) {
        self.recorded += 1;
        if self.waiting.len() >= self.capacity {
            self.lost += 1;
            let mut ordinary =
                (0..self.waiting.len()).filter(|place| !is_precious(&self.waiting[*place]));
            let dropped = match (self.when_full, is_precious(&known)) {
                (WhenFull::DropNewest, true) => ordinary.next_back(),
                (WhenFull::DropOldest, false) => ordinary.next(),
                (WhenFull::DropOldest, true) => {
                    ordinary.next().or((!self.waiting.is_empty()).then_some(0))
                }
                _ => None,
            };
            match dropped {
                Some(place) => drop(self.waiting.remove(place)),
                None => return,
            }
        }
        self.waiting.push_back(known);
    }

    fn take(&mut self) -> bool {
        let taken = self.in_hand.pop_front();
        self.written.extend(taken);
        taken.is_some()
    }

    /// The writer takes what is there, if it has nothing in hand. Whether it goes on to another record.
    fn hand_out(&mut self) -> bool {
        if self.in_hand.is_empty() {
            self.in_hand = std::mem::take(&mut self.waiting);
        }
        !self.in_hand.is_empty()
    }
}

/// A queue whose sink takes a record when it is told to, in step with a model.
struct Both {
    model: Model,
    delivery: Delivery,
    open: Sender<()>,
    begun: Receiver<()>,
}

impl Both {
    fn push(&mut self, known: Known) {
        let was_idle = self.model.in_hand.is_empty();
        self.model.push(known);
        if was_idle && self.model.hand_out() {
            self.begun.recv_timeout(LONG).unwrap();
        }
        self.agree();
    }

    fn take(&mut self) {
        if !self.model.take() {
            return;
        }
        self.open.send(()).unwrap();
        if self.model.hand_out() {
            self.begun.recv_timeout(LONG).unwrap();
        } else {
            // Nothing says that the writer is done, but the account.
            while self.delivery.counters().outputs[0].queued > 0 {
                thread::yield_now();
            }
        }
        self.agree();
    }

    fn agree(&self) {
        let counters = self.delivery.counters();
        let output = &counters.outputs[0];
        let waiting = self.model.in_hand.len() + self.model.waiting.len();
        assert_eq!(counters.recorded, self.model.recorded);
        assert_eq!(output.written, self.model.written.len() as u64);
        assert_eq!(output.dropped.total(), self.model.lost);
        assert_eq!(output.queued, waiting as u64);
    }
}

/// A sink that takes a record when it is told to, and one about losses at once.
fn in_step() -> (Kept, Sender<()>, Receiver<()>) {
    let (open, gate) = channel::<()>();
    let (begin, begun) = channel();
    let gate = Mutex::new((gate, begin));
    let kept = Kept::that(move |records| {
        if records[0].event_name != "delivery" {
            let (gate, begin) = &*gate.lock().unwrap();
            let _ = begin.send(());
            let _ = gate.recv();
        }
        Ok(())
    });
    (kept, open, begun)
}

fn run(steps: &[Step], capacity: usize, when_full: WhenFull) {
    let (kept, open, begun) = in_step();
    let queue = Queue::new(capacity).when_full(when_full);
    let output = Output::new(kept.clone()).with_queue(queue).on_failure(OnFailure::ignore());
    let layer = layer().with_sink(output);
    let delivery = layer.delivery();
    let model = Model {
        capacity,
        when_full,
        in_hand: VecDeque::new(),
        waiting: VecDeque::new(),
        written: Vec::new(),
        recorded: 0,
        lost: 0,
    };
    let mut both = Both { model, delivery: delivery.clone(), open, begun };
    recorded(layer, || {
        let mut operations = Vec::new();
        let mut begun = 0;
        for step in steps {
            match *step {
                Step::Begin => {
                    operations.push((begun, begin(info_span!("step", number = begun))));
                    both.push((begun, Outcome::Invoke));
                    begun += 1;
                }
                Step::End(which, outcome) if !operations.is_empty() => {
                    let place = which % operations.len();
                    let (number, operation) = operations.swap_remove(place);
                    match outcome {
                        Outcome::Failed => operation.end(Verdict::failed_as("told", "to")),
                        Outcome::Cancelled => drop(operation),
                        _ => operation.complete(),
                    }
                    both.push((number, outcome));
                }
                Step::End(..) => {}
                Step::Take => both.take(),
                Step::Flush => drop(both.delivery.flush(Duration::ZERO)),
            }
        }
        for (number, operation) in operations {
            operation.complete();
            both.push((number, Outcome::Success));
        }
        let Both { mut model, open, begun, .. } = both;
        drop((open, begun));
        delivery.flush(LONG).unwrap();
        model.written.extend(model.in_hand.drain(..));
        model.written.extend(model.waiting.drain(..));
        let (losses, records): (Vec<_>, Vec<_>) =
            kept.records().into_iter().partition(|record| record.event_name == "delivery");
        let known =
            |record: &Record| (record.payload["number"].as_u64().unwrap(), record.event_outcome);
        assert_eq!(records.iter().map(known).collect::<Vec<_>>(), model.written);
        let lost = |record: &Record| record.payload["error"]["details"]["lost"].as_u64().unwrap();
        assert_eq!(losses.iter().map(lost).sum::<u64>(), model.lost);
    });
}

fn step() -> impl Strategy<Value = Step> {
    let ending = prop::sample::select(vec![Outcome::Success, Outcome::Failed, Outcome::Cancelled]);
    prop_oneof![
        3 => Just(Step::Begin),
        3 => (0..100_usize, ending).prop_map(|(which, outcome)| Step::End(which, outcome)),
        2 => Just(Step::Take),
        1 => Just(Step::Flush),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_queue_writes_drops_and_counts_what_its_model_does(
        steps in prop::collection::vec(step(), 1..80),
        capacity in 1..12_usize,
        when_full in prop::sample::select(vec![WhenFull::DropNewest, WhenFull::DropOldest]),
    ) {
        run(&steps, capacity, when_full);
    }
}
