//! Random programs of which some parts have a subscriber of their own, and are dropped outside of it.
//!
//! The registry closes the parent of a span through the default subscriber of the thread. Where that is another one, it
//! closes whichever span has the same id there: often that of an operation which goes on. What each operation does is noted by
//! its own body; the logs have to agree with it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread::panicking;

use proptest::prelude::*;
use tokio::task::yield_now;
use tracing::instrument::WithSubscriber as _;
use tracing::{Dispatch, Instrument as _, dispatcher, info_span};
use tracing_invocation::testing::Log;
use tracing_invocation::{Outcome, begin, operation};
use tracing_subscriber::prelude::*;

use crate::support::{check_lines, poll_once};

/// An operation: what it does, step by step, and whether its last step is a panic.
#[derive(Clone, Debug)]
struct Part {
    steps: Vec<Step>,
    panics: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Yield,
    Call(Part),
    /// A call whose panic is caught.
    Catch(Part),
    /// A call that is polled so often, and then dropped.
    Drop(u8, Part),
    /// The same, below stock spans and under a subscriber of its own; and whether it is dropped outside of that.
    Scoped {
        spans: u8,
        polls: u8,
        is_dropped_outside: bool,
        part: Part,
    },
    /// A guard that is alive during a call, and whether it is completed then.
    Guard(bool, Part),
}

fn part() -> impl Strategy<Value = Part> {
    let of = |steps: BoxedStrategy<Step>| {
        (prop::collection::vec(steps, 0..5), prop::bool::weighted(0.1))
            .prop_map(|(steps, panics)| Part { steps, panics })
    };
    of(Just(Step::Yield).boxed()).prop_recursive(4, 24, 3, move |inner| {
        let scoped = (0..4_u8, 0..4_u8, any::<bool>(), inner.clone()).prop_map(
            |(spans, polls, is_dropped_outside, part)| Step::Scoped {
                spans,
                polls,
                is_dropped_outside,
                part,
            },
        );
        let step = prop_oneof![
            2 => Just(Step::Yield),
            1 => inner.clone().prop_map(Step::Call),
            1 => inner.clone().prop_map(Step::Catch),
            1 => (0..3_u8, inner.clone()).prop_map(|(polls, part)| Step::Drop(polls, part)),
            3 => scoped,
            1 => (any::<bool>(), inner).prop_map(|(completes, part)| Step::Guard(completes, part)),
        ];
        of(step.boxed())
    })
}

/// What was seen of the operations, by number, and the logs that they may be in.
#[derive(Clone, Default)]
struct World {
    seen: Arc<Mutex<BTreeMap<u64, Option<Outcome>>>>,
    logs: Arc<Mutex<Vec<Log>>>,
}

type Call = Pin<Box<dyn Future<Output = ()>>>;

#[operation(fields(number))]
async fn exact(number: u64, body: Watched) {
    body.await
}

impl World {
    fn begin(&self) -> u64 {
        let mut seen = self.seen.lock().unwrap();
        let number = seen.len() as u64 + 1;
        seen.insert(number, None);
        number
    }

    fn ended(&self, number: u64, outcome: Outcome) {
        let before = self.seen.lock().unwrap().insert(number, Some(outcome));
        assert_eq!(before, Some(None), "the model itself ended {number} twice");
    }

    fn subscriber(&self) -> Dispatch {
        let log = Log::new();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(log.layer()));
        self.logs.lock().unwrap().push(log);
        dispatch
    }

    fn call(&self, part: Part) -> Call {
        let number = self.begin();
        let inner: Call = Box::pin(self.clone().body(part));
        let body = Watched { inner: Some(inner), number, polled: false, world: self.clone() };
        Box::pin(exact(number, body))
    }

    async fn body(self, part: Part) {
        for step in part.steps {
            match step {
                Step::Yield => yield_now().await,
                Step::Call(part) => self.call(part).await,
                Step::Catch(part) => catch(self.call(part)).await,
                Step::Drop(polls, part) => drop(polled(polls, self.call(part)).await),
                Step::Scoped { spans, polls, is_dropped_outside, part } => {
                    let scope = self.subscriber();
                    let call = in_spans(spans, self.call(part)).with_subscriber(scope.clone());
                    let call = polled(polls, Box::pin(call)).await;
                    if is_dropped_outside {
                        drop(call);
                    } else {
                        dispatcher::with_default(&scope, || drop(call));
                    }
                }
                Step::Guard(completes, part) => {
                    let number = self.begin();
                    let guard = begin(info_span!("guarded", number));
                    let mut guard = Guarded { guard: Some(guard), number, world: self.clone() };
                    self.call(part).await;
                    if completes && let Some(guard) = guard.guard.take() {
                        self.ended(number, Outcome::Success);
                        guard.complete();
                    }
                }
            }
        }
        if part.panics {
            resume_unwind(Box::new("panicked on purpose"));
        }
    }
}

/// The future below so many stock spans, which are opened when it is polled.
fn in_spans(spans: u8, inside: Call) -> Call {
    (0..spans).fold(inside, |inside, _| {
        Box::pin(async move { inside.instrument(info_span!("stock", number = 0)).await })
    })
}

/// The future, if it is not over after so many polls.
async fn polled(polls: u8, mut call: Call) -> Option<Call> {
    for _ in 0..polls {
        if poll_once(call.as_mut()).is_ready() {
            return None;
        }
        yield_now().await;
    }
    Some(call)
}

async fn catch(mut call: Call) {
    std::future::poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context))).unwrap_or(Poll::Ready(()))
    })
    .await;
}

/// The body of an operation, which notes how it ends.
struct Watched {
    inner: Option<Call>,
    number: u64,
    polled: bool,
    world: World,
}

impl Future for Watched {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.polled = true;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = self.inner.as_mut().unwrap().as_mut().poll(context);
            if polled.is_ready() {
                self.inner = None;
            }
            polled
        }));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => {
                self.world.ended(self.number, Outcome::Success);
                Poll::Ready(())
            }
            Err(payload) => {
                self.world.ended(self.number, Outcome::Failed);
                self.polled = false;
                resume_unwind(payload)
            }
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else {
            return;
        };
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(inner)));
        if self.polled {
            let is_failed = dropped.is_err();
            let outcome = if is_failed { Outcome::Failed } else { Outcome::Cancelled };
            self.world.ended(self.number, outcome);
        }
        if let Err(payload) = dropped
            && !panicking()
        {
            resume_unwind(payload);
        }
    }
}

/// A guard that notes how it ends.
struct Guarded {
    guard: Option<tracing_invocation::OperationGuard>,
    number: u64,
    world: World,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            let outcome = if panicking() { Outcome::Failed } else { Outcome::Cancelled };
            self.world.ended(self.number, outcome);
            drop(guard);
        }
    }
}

fn observe(part: Part) -> World {
    let world = World::default();
    let outer = world.subscriber();
    dispatcher::with_default(&outer, || {
        let mut call = world.call(part);
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let is_over = |_: &i32| poll_once(call.as_mut()).is_ready();
            assert!((0..1_000).find(is_over).is_some(), "it never ends");
        }));
        let _ = catch_unwind(AssertUnwindSafe(move || drop(call)));
    });
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn operations_are_told_as_they_happened_whatever_becomes_of_the_ids_of_their_spans(part in part()) {
        let world = observe(part);
        let mut told: BTreeMap<u64, Vec<Outcome>> = BTreeMap::new();
        let logs = world.logs.lock().unwrap();
        for log in logs.iter() {
            check_lines(log);
            for record in log.records() {
                let number = record.payload["number"].as_u64().unwrap();
                told.entry(number).or_default().push(record.event_outcome);
            }
        }
        told.remove(&0);
        for (number, outcome) in world.seen.lock().unwrap().iter() {
            let expected: Vec<_> = outcome.iter().flat_map(|ended| [Outcome::Invoke, *ended]).collect();
            let told = told.remove(number).unwrap_or_default();
            prop_assert_eq!(told, expected, "{}\n{}", number, logs[0]);
        }
    }
}
