//! The operations that are open, seen from outside.

mod page;
#[cfg(all(feature = "signal", unix))]
mod signal;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::callsite::Callsite;
use crate::journal::Journal;
use crate::operation::{Keeping, Operation};
use crate::record::{SpanId, TraceId};
use crate::settings::InForce;
use crate::stack::{self, Awaiting, Noting, symbols};

/// The operations of a layer that are open right now. Clones speak of the same layer.
///
/// `Display` is a table for a person: the oldest first, and each below the one that it was begun in. What it shows is what
/// records show: cut and redacted likewise, and of an operation that a policy refused, nothing.
///
/// ```
/// use tracing_invocation::{begin, testing};
/// use tracing_subscriber::prelude::*;
///
/// let log = testing::Log::new();
/// let layer = log.layer();
/// let in_flight = layer.in_flight();
/// let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
///
/// let sync = begin(tracing::info_span!("sync", invocation.entity_id = "ann"));
/// log.advance(std::time::Duration::from_secs(2));
///
/// let operations = in_flight.operations();
/// assert_eq!(operations[0].event_name, "sync");
/// assert_eq!(operations[0].entity_id.as_deref(), Some("ann"));
/// assert!(operations[0].age.as_secs() == 2);
/// eprintln!("{in_flight}");
/// # sync.complete();
/// assert!(in_flight.operations().is_empty());
/// ```
#[derive(Clone)]
pub struct InFlight {
    journal: Arc<Journal>,
    current: InForce,
}

/// An operation that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenOperation {
    /// Where it lives.
    pub event_namespace: String,
    /// What it is called.
    pub event_name: String,
    /// What it works on.
    pub entity_id: Option<String>,
    /// The tree of operations that it belongs to.
    pub trace_id: TraceId,
    /// The operation itself.
    pub span_id: SpanId,
    /// The operation that it was begun in.
    pub parent_span_id: Option<SpanId>,
    /// How long ago it was invoked.
    pub age: Duration,
    /// How often it ran, where [progress](crate::Capture::with_progress) is captured.
    pub polls: Option<u64>,
    /// Where it waits, where [that](crate::Capture::with_awaiting) is captured and known.
    pub awaiting: Vec<Awaiting>,
}

impl InFlight {
    pub(crate) fn new(journal: &Arc<Journal>, current: &InForce) -> Self {
        Self { journal: Arc::clone(journal), current: current.clone() }
    }

    /// The operations that are open, the oldest first.
    ///
    /// They are looked at a few at a time, so that nobody waits for long: what begins or ends meanwhile may be missing or
    /// not.
    #[must_use]
    pub fn operations(&self) -> Vec<OpenOperation> {
        let mut seen = Vec::new();
        self.journal.table.scan(|_, operation| seen.extend(Seen::of(operation)));
        let now_ns = self.journal.clock.monotonic_ns();
        seen.sort_by_key(|seen| (seen.invoked_ns, seen.span_id));
        // An operation whose span is closed too early moves, and may be seen at both places.
        seen.dedup_by_key(|seen| (seen.invoked_ns, seen.span_id));
        let until = symbols::deadline(self.current.with(|current| current.capture.patience));
        seen.into_iter().filter_map(|seen| seen.into_open(now_ns, until)).collect()
    }

    /// Writes the `slow` record of each operation that takes longer than
    /// [expected](crate::Settings::with_expected) and was not told of. How many there were.
    ///
    /// A thread of the layer's own does so in time. With the clock of [`testing`](crate::testing) there is none, and a test
    /// calls this.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tracing_invocation::{Outcome, begin, testing};
    /// use tracing_subscriber::prelude::*;
    ///
    /// let log = testing::Log::new();
    /// let layer = log.layer().with_expected("*.sync", Duration::from_secs(1))?;
    /// let in_flight = layer.in_flight();
    /// let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    ///
    /// let sync = begin(tracing::info_span!("sync"));
    /// assert_eq!(in_flight.tell_slow(), 0);
    /// log.advance(Duration::from_secs(2));
    /// assert_eq!(in_flight.tell_slow(), 1);
    /// assert_eq!(log.records()[1].event_outcome, Outcome::Slow);
    /// # sync.complete();
    /// # Ok::<(), tracing_invocation::InvalidPolicy>(())
    /// ```
    pub fn tell_slow(&self) -> usize {
        self.journal.report_late(&self.current.load().settings).told
    }
}

impl fmt::Display for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&page::text(&self.operations()))
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight").field("operations", &self.operations()).finish()
    }
}

/// A JSON text.
type Text = Box<[u8]>;

/// What is copied of an operation while it is locked.
struct Seen {
    callsite: &'static Callsite,
    own_names: Option<(Text, Text)>,
    entity_id: Option<Text>,
    trace_id: u128,
    span_id: u64,
    parent_span_id: Option<u64>,
    invoked_ns: u64,
    polls: Option<u64>,
    noting: Option<Weak<Noting>>,
}

impl Seen {
    fn of(operation: &Operation) -> Option<Self> {
        if !operation.is_open() || matches!(operation.keeping, Keeping::Refused) {
            return None;
        }
        Some(Self {
            callsite: operation.callsite,
            own_names: operation.own_names().map(|(space, name)| (space.into(), name.into())),
            entity_id: operation.entity_id().map(Box::from),
            trace_id: operation.place.trace_id(),
            span_id: operation.place.span_id(),
            parent_span_id: operation.parent_span_id(),
            invoked_ns: operation.invoked_ns,
            polls: operation.progress.as_ref().and_then(|progress| progress.polls()),
            noting: operation.noting(),
        })
    }

    fn into_open(self, now_ns: u64, until: Instant) -> Option<OpenOperation> {
        let text = |json: &[u8]| serde_json::from_slice(json).unwrap_or_default();
        let (namespace, name) = match &self.own_names {
            Some((namespace, name)) => (&**namespace, &**name),
            None => (&*self.callsite.namespace, &*self.callsite.name),
        };
        let awaited = self.noting.and_then(|noting| Some(noting.upgrade()?.in_force()));
        Some(OpenOperation {
            event_namespace: text(namespace),
            event_name: text(name),
            entity_id: self.entity_id.as_deref().map(text),
            trace_id: TraceId::new(self.trace_id)?,
            span_id: SpanId::new(self.span_id)?,
            parent_span_id: self.parent_span_id.and_then(SpanId::new),
            age: Duration::from_nanos(now_ns.saturating_sub(self.invoked_ns)),
            polls: self.polls,
            awaiting: awaited.map_or_else(Vec::new, |stacks| stack::waits(&stacks, until)),
        })
    }
}
