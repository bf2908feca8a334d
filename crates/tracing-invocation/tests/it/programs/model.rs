//! What really happened, as seen from outside the operations.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tracing_invocation::Outcome;

/// How an operation's span was made, and so what can be known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `ret, err`, and a field that promises them.
    Marked,
    /// `ret, err` alone.
    Returning,
    /// Neither.
    Bare,
    /// `#[operation]`.
    Exact,
}

/// What the log has to tell of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    Success,
    Failed { cause: Cause, by: Option<u64> },
    Cancelled { by: Option<u64> },
    Unknown,
}

impl Told {
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Success => Outcome::Success,
            Self::Failed { .. } => Outcome::Failed,
            Self::Cancelled { .. } => Outcome::Cancelled,
            Self::Unknown => Outcome::Unknown,
        }
    }
}

/// What is the same about two failures that are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Error(u8),
    Panic,
}

#[derive(Debug, Default)]
struct Seen {
    is_exact: bool,
    parent: Option<u64>,
    told: Option<Told>,
    failures_inside: Vec<(Cause, u64)>,
    /// Whether a task was spawned into its span, and whether such a task panicked.
    entered_by_others: bool,
    panicked_inside: bool,
    /// Set while its future is being dropped; then the inner operation that was dropped along last.
    dropping: bool,
    dropped_inside: Option<u64>,
}

impl Seen {
    /// A panic that leaves a span counts where there is no other evidence and nothing refutes it: from outside, a poll of
    /// the operation and one of a task spawned into its span look the same.
    fn told_by_the_layer(&self) -> Option<Told> {
        match self.told? {
            Told::Cancelled { .. } | Told::Unknown if self.panicked_inside && !self.is_exact => {
                Some(Told::Failed { cause: Cause::Panic, by: None })
            }
            told => Some(told),
        }
    }

    /// What others do inside its span may refute a panic, its own or that of one of them.
    fn may_be_unknown(&self) -> bool {
        let is_panic =
            matches!(self.told_by_the_layer(), Some(Told::Failed { cause: Cause::Panic, .. }));
        is_panic && self.entered_by_others && !self.is_exact
    }
}

/// Everything that was seen of a program's operations, by number.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    has_tasks_below: bool,
    calls: BTreeMap<u64, Seen>,
}

impl Ledger {
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&u64, Option<Told>)> {
        self.calls.iter().map(|(number, seen)| (number, seen.told_by_the_layer()))
    }

    pub(crate) fn may_be_unknown(&self, number: u64) -> bool {
        self.calls[&number].may_be_unknown()
    }

    pub(crate) fn has_tasks_below(&self) -> bool {
        self.has_tasks_below
    }

    pub(crate) fn task_below(&mut self) {
        self.has_tasks_below = true;
    }

    pub(crate) fn has_stock_spans(&self) -> bool {
        self.calls.values().any(|seen| !seen.is_exact)
    }

    pub(crate) fn begin(&mut self, style: Style, parent: Option<u64>) -> u64 {
        let number = self.calls.len() as u64 + 1;
        self.calls
            .insert(number, Seen { is_exact: style == Style::Exact, parent, ..Seen::default() });
        number
    }

    pub(crate) fn returned(&mut self, number: u64, style: Style, result: Result<u8, u8>) {
        match (style, result) {
            (Style::Bare, _) => self.tell(number, Told::Unknown),
            (_, Ok(_)) => self.tell(number, Told::Success),
            (_, Err(code)) => self.failed(number, Cause::Error(code)),
        }
    }

    pub(crate) fn failed(&mut self, number: u64, cause: Cause) {
        let inside = &self.calls[&number].failures_inside;
        let by = inside.iter().rfind(|(known, _)| *known == cause).map(|(_, reporter)| *reporter);
        self.tell(number, Told::Failed { cause, by });
        if let Some(parent) = self.parent(number) {
            parent.failures_inside.push((cause, by.unwrap_or(number)));
        }
    }

    pub(crate) fn task_inside(&mut self, number: u64) {
        self.calls.get_mut(&number).unwrap().entered_by_others = true;
    }

    pub(crate) fn panicked_inside(&mut self, number: u64) {
        self.calls.get_mut(&number).unwrap().panicked_inside = true;
    }

    fn dropped(&mut self, number: u64, style: Style) {
        if matches!(style, Style::Bare | Style::Returning) {
            return self.tell(number, Told::Unknown);
        }
        let by = self.calls[&number].dropped_inside;
        self.tell(number, Told::Cancelled { by });
        if let Some(parent) = self.parent(number).filter(|parent| parent.dropping) {
            parent.dropped_inside = Some(by.unwrap_or(number));
        }
    }

    fn tell(&mut self, number: u64, told: Told) {
        let before = self.calls.get_mut(&number).and_then(|seen| seen.told.replace(told));
        assert!(before.is_none(), "the model itself told {number} twice");
    }

    fn parent(&mut self, number: u64) -> Option<&mut Seen> {
        let parent = self.calls[&number].parent?;
        self.calls.get_mut(&parent)
    }
}

/// A future watched from outside.
pub(crate) struct Watched<F> {
    inner: Option<Pin<Box<F>>>,
    number: u64,
    style: Style,
    polled: bool,
    ledger: Arc<Mutex<Ledger>>,
}

impl<F> Watched<F> {
    pub(crate) fn new(inner: F, number: u64, style: Style, ledger: Arc<Mutex<Ledger>>) -> Self {
        Self { inner: Some(Box::pin(inner)), number, style, polled: false, ledger }
    }
}

impl<F: Future<Output = Result<u8, u8>>> Future for Watched<F> {
    type Output = Result<u8, u8>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.polled = true;
        let inner = self.inner.as_mut().unwrap();
        let polled = catch_unwind(AssertUnwindSafe(|| inner.as_mut().poll(context)));
        let (number, style) = (self.number, self.style);
        if let Ok(Poll::Pending) = polled {
            return Poll::Pending;
        }
        // Whatever the future still holds is gone before the model writes, as it is before the span closes.
        self.inner = None;
        let mut ledger = self.ledger.lock().unwrap();
        match polled {
            Ok(poll) => poll.map(|result| {
                ledger.returned(number, style, result);
                result
            }),
            Err(payload) => {
                ledger.failed(number, Cause::Panic);
                drop(ledger);
                resume_unwind(payload)
            }
        }
    }
}

impl<F> Drop for Watched<F> {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take().filter(|_| self.polled) else {
            return;
        };
        let dropping = |dropping| {
            let mut ledger = self.ledger.lock().unwrap();
            ledger.calls.get_mut(&self.number).unwrap().dropping = dropping;
            ledger
        };
        drop(dropping(true));
        drop(inner);
        dropping(false).dropped(self.number, self.style);
    }
}
