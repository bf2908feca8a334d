//! The state of one call: opened, invoked, settled once.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::callsite::Callsite;
use crate::clock::Moment;
use crate::convention::error;
use crate::payload::{Fields, json};
use crate::record::{Level, Outcome};

/// One call of an operation, from the opening of its span to the span's end.
pub(crate) struct Operation {
    pub(crate) callsite: &'static Callsite,
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) parent: Option<Parent>,
    pub(crate) fields: Fields,
    /// When it was invoked, on the monotonic clock.
    pub(crate) invoked_ns: u64,
    phase: Phase,
    /// How often the span was entered, and how many of those have not been left.
    entered: u32,
    inside: u32,
    /// When a panic left the span that may not have been the operation's own.
    panicked: Option<Moment>,
    inner: Inner,
}

/// The operation that another one was begun in.
#[derive(Clone, Copy)]
pub(crate) struct Parent {
    /// Where the table keeps it. Safe to hold: a span lives at least as long as its children.
    pub(crate) key: u64,
    pub(crate) span_id: u64,
}

enum Phase {
    /// The span exists; nothing was recorded.
    Opened,
    /// A thread is writing the `invoke` record. An ending that another thread sees meanwhile waits here, and is
    /// written by the first, so that no operation ends before it begins.
    Invoking { ended: Option<(Ending, Moment)> },
    /// The `invoke` record was written.
    Invoked,
    /// The terminal record was handed out to be written.
    Settled,
}

/// What inner operations left for the case that this one ends as they did.
#[derive(Default)]
struct Inner {
    /// The inner operation that reported a cancellation in full, and during which entry of this one.
    cancelled: Option<(u32, u64)>,
    /// The latest failures, and who reported each in full.
    failures: Vec<(Fingerprint, u64)>,
}

/// How an operation ended, and what is said of it.
pub(crate) enum Ending {
    Success {
        result: Option<Vec<u8>>,
    },
    Failed {
        failure: Failure,
        caused_by: Option<u64>,
    },
    Cancelled {
        cancelled_by: Option<u64>,
    },
    Unknown,
}

/// What went wrong.
pub(crate) struct Failure {
    pub(crate) kind: &'static str,
    /// A JSON text, quotes included.
    pub(crate) message: Vec<u8>,
}

/// What an error is recognised by when an outer operation returns it too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint(u64);

/// What the operation that an ended one was begun in has to be told.
pub(crate) enum News {
    Failed(Fingerprint, u64),
    Cancelled(u64),
}

impl Operation {
    /// How many different failures of inner operations are remembered: the latest ones.
    const REMEMBERED_FAILURES: usize = 8;

    pub(crate) fn new(
        callsite: &'static Callsite,
        (trace_id, span_id): (u128, u64),
        parent: Option<Parent>,
        fields: Fields,
    ) -> Self {
        Self {
            callsite,
            trace_id,
            span_id,
            parent,
            fields,
            invoked_ns: 0,
            phase: Phase::Opened,
            entered: 0,
            inside: 0,
            panicked: None,
            inner: Inner::default(),
        }
    }

    pub(crate) fn name(&self) -> &[u8] {
        let own = self
            .fields
            .identity
            .as_ref()
            .and_then(|identity| identity.name.as_deref());
        own.unwrap_or(&self.callsite.name)
    }

    pub(crate) fn namespace(&self) -> &[u8] {
        let own = self
            .fields
            .identity
            .as_ref()
            .and_then(|identity| identity.namespace.as_deref());
        own.unwrap_or(&self.callsite.namespace)
    }

    pub(crate) fn entity_id(&self) -> Option<&[u8]> {
        self.fields.identity.as_ref()?.entity_id.as_deref()
    }

    pub(crate) fn is_invoked(&self) -> bool {
        !matches!(self.phase, Phase::Opened)
    }

    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Settled)
    }

    /// The span was entered. Whether this is the first time, and `invoke` is to be written.
    pub(crate) fn enter(&mut self) -> bool {
        self.entered = self.entered.wrapping_add(1);
        self.inside += 1;
        let first = !self.is_invoked();
        if first {
            self.phase = Phase::Invoking { ended: None };
        }
        first
    }

    /// The span was left.
    pub(crate) fn exit(&mut self) {
        self.inside = self.inside.saturating_sub(1);
    }

    /// A panic that began inside the span left it. Whether it was certainly the operation's own.
    ///
    /// The first to enter a span is the operation itself. Later on it may be a task that was spawned into the
    /// span: its panic is not the end of the operation, which shows by other evidence. Without any, it was.
    pub(crate) fn panicked(&mut self, now: Moment) -> bool {
        let own = self.entered == 1;
        if !own {
            self.panicked.get_or_insert(now);
        }
        own
    }

    /// How and when an operation ended whose span was closed, where nothing but a panic is known.
    pub(crate) fn ended_by_panic(&self) -> Option<(Ending, Moment)> {
        self.panicked.map(|when| (Ending::panicked(), when))
    }

    /// The `invoke` record was written. The ending that waited for it, if one did.
    pub(crate) fn invoked(&mut self) -> Option<(Ending, Moment)> {
        match std::mem::replace(&mut self.phase, Phase::Invoked) {
            Phase::Invoking { ended } => ended,
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// The operation ended. The ending, if it is the first one and to be written now.
    pub(crate) fn settle(&mut self, mut ending: Ending, now: Moment) -> Option<Ending> {
        match &mut self.phase {
            Phase::Opened | Phase::Settled => None,
            Phase::Invoking { ended } => {
                ended.get_or_insert((ending, now));
                None
            }
            Phase::Invoked => {
                self.phase = Phase::Settled;
                match &mut ending {
                    Ending::Failed { failure, caused_by } => {
                        *caused_by = self.inner.reporter_of(failure.fingerprint());
                    }
                    Ending::Cancelled { cancelled_by } => {
                        *cancelled_by = self.inner.reporter_during(self.entered);
                    }
                    Ending::Success { .. } | Ending::Unknown => {}
                }
                Some(ending)
            }
        }
    }

    /// An inner operation ended.
    pub(crate) fn hear(&mut self, news: News) {
        match news {
            News::Failed(fingerprint, reporter) => {
                let failures = &mut self.inner.failures;
                if failures.len() == Self::REMEMBERED_FAILURES {
                    failures.remove(0);
                }
                failures.push((fingerprint, reporter));
            }
            // A future is dropped inside its span. An inner operation that ends while nobody is inside was
            // not dropped along with this one.
            News::Cancelled(reporter) if self.inside > 0 => {
                self.inner.cancelled = Some((self.entered, reporter));
            }
            News::Cancelled(_) => {}
        }
    }

    /// What the operation that this one was begun in has to be told of this ending.
    pub(crate) fn news(&self, ending: &Ending) -> Option<News> {
        match ending {
            Ending::Failed { failure, caused_by } => Some(News::Failed(
                failure.fingerprint(),
                caused_by.unwrap_or(self.span_id),
            )),
            Ending::Cancelled { cancelled_by } => {
                Some(News::Cancelled(cancelled_by.unwrap_or(self.span_id)))
            }
            Ending::Success { .. } | Ending::Unknown => None,
        }
    }
}

impl Inner {
    fn reporter_of(&self, fingerprint: Fingerprint) -> Option<u64> {
        let same = |(known, _): &&(Fingerprint, u64)| *known == fingerprint;
        self.failures
            .iter()
            .rfind(same)
            .map(|(_, reporter)| *reporter)
    }

    /// Who reported the cancellation that ended an operation entered `entered` times. A span that was entered
    /// only once was synchronous, and is never dropped along with an inner one.
    fn reporter_during(&self, entered: u32) -> Option<u64> {
        let (during, reporter) = self.cancelled?;
        (during == entered && entered > 1).then_some(reporter)
    }
}

impl Ending {
    /// A panic unwound through the operation; its message is not known here.
    pub(crate) fn panicked() -> Self {
        let mut message = Vec::new();
        json::push_string(&mut message, error::MESSAGE_PANIC);
        Self::Failed {
            failure: Failure {
                kind: error::TYPE_PANIC,
                message,
            },
            caused_by: None,
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Success { .. } => Outcome::Success,
            Self::Failed { .. } => Outcome::Failed,
            Self::Cancelled { .. } => Outcome::Cancelled,
            Self::Unknown => Outcome::Unknown,
        }
    }

    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Failed {
                caused_by: Some(_), ..
            }
            | Self::Cancelled {
                cancelled_by: Some(_),
            } => Level::SUPPRESSED,
            _ => self.outcome().level(),
        }
    }
}

impl Failure {
    fn fingerprint(&self) -> Fingerprint {
        let mut hasher = DefaultHasher::new();
        self.kind.hash(&mut hasher);
        self.message.hash(&mut hasher);
        Fingerprint(hasher.finish())
    }
}
