//! The state of one call: opened, invoked, settled once.

mod ending;
mod inherited;
mod key;
mod panicked;
mod progress;
mod same;
mod told;

pub(crate) use ending::{Ending, Failure, How, Message, Report, Settled};
pub(crate) use inherited::Inherited;
pub(crate) use key::{Key, Parent};
pub(crate) use panicked::Leftover;
pub(crate) use progress::{Child, Progress, Slow};
pub(crate) use told::News;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use self::panicked::Panicked;
use self::progress::Inside;
use self::told::Inner;
use crate::callsite::Callsite;
use crate::clock::Moment;
use crate::panic_note::Unwinding;
use crate::payload::{Fields, Fragment};
use crate::place::Place;
use crate::record::{Level, Levels, OwnLevels, SpanId, TraceContext};
use crate::stack::{Noting, Stack};

/// One call of an operation, from the opening of its span to the span's end.
pub(crate) struct Operation {
    pub(crate) callsite: &'static Callsite,
    pub(crate) place: Place,
    pub(crate) parent: Option<Parent>,
    /// What it was begun by in another process, where somebody said so.
    pub(crate) caller: Option<u64>,
    pub(crate) fields: Fields,
    /// What it inherits from the operations around it.
    pub(crate) inherited: Option<Arc<Inherited>>,
    /// What those inside it inherit, once one has begun; nothing where that is what it inherits itself.
    bequest: Option<Arc<Inherited>>,
    pub(crate) keeping: Keeping,
    /// Whether sampling left out the tree that it belongs to.
    pub(crate) is_left_out: bool,
    /// The level of each outcome, where the operation has its own.
    pub(crate) levels: Option<&'static OwnLevels>,
    /// When it was invoked, on the monotonic clock.
    pub(crate) invoked_ns: u64,
    phase: Phase,
    /// How often the span was entered, and how many of those have not been left.
    entered: u32,
    inside: u32,
    /// What the latest evidence event says, and when it came. It decides once the span is left: the event of an attribute is
    /// the last one inside the span.
    evidence: Option<(Ending, Moment)>,
    /// The panic that left the span, if one did.
    panicked: Option<Box<Panicked>>,
    /// There once an inner operation has ended otherwise than in success.
    inner: Option<Box<Inner>>,
    /// There where more is asked for than the end.
    pub(crate) progress: Option<Box<Progress>>,
    /// Who has yet to write of it, and finds it by this when its span was closed; or zero.
    pub(crate) held: u64,
    /// The number of the wrapper that ends it, or zero: see `settle::handover`.
    pub(crate) wrapper: u64,
    /// What went on around it when it began: see `settle::reason`.
    pub(crate) around: u64,
    /// Which panic unwound the thread that it began on.
    pub(crate) unwinding: Unwinding,
    /// There where anything is known of why it is cancelled.
    pub(crate) why: Option<Box<Why>>,
}

/// What an operation knows of why it is cancelled.
#[derive(Default)]
pub(crate) struct Why {
    /// The stack on which it was first entered, where that is captured.
    pub(crate) polled: Option<Stack>,
    /// What notes where it waits, and where it waited when it was dropped.
    pub(crate) noting: Weak<Noting>,
    pub(crate) awaited: Vec<Stack>,
    /// Members of an object, once it is cancelled.
    pub(crate) told: Fragment,
}

/// How much of a call is recorded.
#[derive(Debug, Default)]
pub(crate) enum Keeping {
    #[default]
    All,
    /// Refused by a policy: how it ended, if that is no success.
    Refused,
    /// Left out by sampling: everything, if it ends otherwise than in success. Until then its `invoke` waits here.
    Sampled { invoke: Option<Box<(Level, Vec<u8>)>> },
}

/// What has to wait until a record is written.
#[derive(Default)]
struct Later {
    slow: VecDeque<(Slow, Moment)>,
    ended: Option<(Ending, Moment)>,
}

/// What is to be written next, by whoever has written a record.
pub(crate) enum Next {
    Slow(Slow, Moment),
    /// It ended, while the record was being written.
    End(Ending, Moment),
    Nothing,
}

/// What follows from leaving a span.
pub(crate) enum Left {
    /// Nothing.
    Open,
    /// The stay inside the span was too long.
    Slow(Slow),
    /// An event inside the span said how the operation ended.
    Ended(Ending, Moment),
}

enum Phase {
    /// The span exists; nothing was recorded.
    Opened,
    /// A thread is writing the `invoke` record, or a `slow` one. What another thread sees meanwhile waits here, and is
    /// written by the first, so that no operation ends before it begins, or goes on when it has ended.
    Writing { later: Option<Box<Later>> },
    /// The `invoke` record was written.
    Invoked,
    /// The terminal record was handed out to be written.
    Settled,
}

impl Operation {
    pub(crate) fn new(
        callsite: &'static Callsite,
        place: Place,
        parent: Option<Parent>,
        fields: Fields,
        keeping: Keeping,
    ) -> Self {
        Self {
            callsite,
            place,
            parent,
            caller: None,
            fields,
            inherited: None,
            bequest: None,
            keeping,
            is_left_out: false,
            levels: None,
            invoked_ns: 0,
            phase: Phase::Opened,
            entered: 0,
            inside: 0,
            evidence: None,
            panicked: None,
            inner: None,
            progress: None,
            held: 0,
            wrapper: 0,
            around: 0,
            unwinding: Unwinding::NONE,
            why: None,
        }
    }

    /// Its key, where its span has this id.
    pub(crate) fn key(&self, span: u64) -> Key {
        Key { span, wrapper: self.wrapper }
    }

    /// Returns `true` if a wrapper sees how it ends, and says so.
    pub(crate) fn is_wrapped(&self) -> bool {
        self.wrapper != 0
    }

    /// The wrapper with this number, or nobody, enters its span. The first to do so ends it.
    #[inline]
    pub(crate) fn belong_to(&mut self, wrapper: u64) {
        // While a thread writes one of its records, that thread looks for it by another number.
        if self.wrapper == 0 && self.held == 0 {
            self.wrapper = wrapper;
        }
    }

    /// Returns `true` if it has to be kept when its span is closed: its wrapper has not ended it, or a thread writes one of
    /// its records.
    pub(crate) fn outlives_span(&self) -> bool {
        self.held != 0 || self.is_wrapped() && self.is_open()
    }

    pub(crate) fn name(&self) -> &[u8] {
        let own = self.fields.identity.as_ref().and_then(|identity| identity.name.as_deref());
        own.unwrap_or(&self.callsite.name)
    }

    pub(crate) fn namespace(&self) -> &[u8] {
        let own = self.fields.identity.as_ref().and_then(|identity| identity.namespace.as_deref());
        own.unwrap_or(&self.callsite.namespace)
    }

    /// Its namespace and name, where the span has given it one of its own.
    pub(crate) fn own_names(&self) -> Option<(&[u8], &[u8])> {
        let identity = self.fields.identity.as_ref()?;
        let has_own = identity.name.is_some() || identity.namespace.is_some();
        has_own.then(|| (self.namespace(), self.name()))
    }

    pub(crate) fn entity_id(&self) -> Option<&[u8]> {
        self.fields.identity.as_ref()?.entity_id.as_deref()
    }

    /// Takes over what its span says anew.
    pub(crate) fn update(&mut self, newer: Fields) {
        self.bequest = None;
        let is_invoked = self.is_invoked();
        self.fields.update(newer, is_invoked);
    }

    /// What it was begun by, here or elsewhere.
    pub(crate) fn parent_span_id(&self) -> Option<u64> {
        self.caller.or(self.parent.and_then(|parent| parent.span_id))
    }

    /// Takes its place in a trace that others take part in, unless its records speak of another already.
    pub(crate) fn join(&mut self, context: TraceContext) {
        if self.is_invoked() {
            return;
        }
        // Who called is no caller in another trace.
        let caller = self.caller.filter(|_| self.place.trace_id() == context.trace_id.get());
        self.caller = context.parent_span_id.map(SpanId::get).or(caller);
        let span_id = context.span_id.map_or(self.place.span_id(), SpanId::get);
        self.place = Place::new(context.trace_id.get(), span_id);
    }

    /// Whether sampling leaves out the tree that it belongs to, which decides how much of it is recorded.
    pub(crate) fn leave_out(&mut self, is_left_out: bool) {
        self.is_left_out = is_left_out;
        self.keeping = match self.keeping {
            Keeping::Refused => Keeping::Refused,
            _ if is_left_out => Keeping::Sampled { invoke: None },
            _ => Keeping::All,
        };
    }

    /// The level of its `invoke`, in a layer with these levels.
    pub(crate) fn invoke_level(&self, layer: &Levels) -> Level {
        self.levels.and_then(|own| own.invoke).unwrap_or(layer.invoke)
    }

    pub(crate) fn is_invoked(&self) -> bool {
        !matches!(self.phase, Phase::Opened)
    }

    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Settled)
    }

    /// Whether it was invoked and has not ended.
    pub(crate) fn is_open(&self) -> bool {
        self.is_invoked() && !self.is_settled()
    }

    /// The span was entered. Whether this is the first time, and `invoke` is to be written.
    pub(crate) fn enter(&mut self) -> bool {
        self.entered = self.entered.wrapping_add(1);
        self.inside += 1;
        if let Some(panicked) = &mut self.panicked {
            panicked.entered_again(self.inside);
        }
        let first = !self.is_invoked();
        if first {
            self.phase = Phase::Writing { later: None };
        }
        first
    }

    /// The span was entered once more.
    #[inline]
    pub(crate) fn note_entry(
        &mut self,
        now_ns: impl FnOnce() -> u64,
        is_poll: impl FnOnce() -> bool,
    ) {
        if let Some(progress) = &mut self.progress
            && self.inside == 1
        {
            progress.enter(now_ns(), is_poll());
        }
    }

    /// Notes that the span was left, and returns what follows from that.
    #[inline]
    pub(crate) fn exit(&mut self, now_ns: impl FnOnce() -> u64) -> Left {
        self.inside = self.inside.saturating_sub(1);
        if let Some((ending, now)) = self.evidence.take() {
            return Left::Ended(ending, now);
        }
        let slow = match &mut self.progress {
            Some(progress) if self.inside == 0 => progress.leave(now_ns()),
            _ => None,
        };
        slow.map_or(Left::Open, Left::Slow)
    }

    /// Notes what an evidence event says. It replaces what an earlier event said, and counts once the span is left.
    pub(crate) fn note_evidence(&mut self, ending: Ending, now: Moment) {
        if !self.is_settled() {
            self.evidence = Some((ending, now));
        }
    }

    /// Returns `true` if the operation may have been dropped while it was pending.
    ///
    /// A future that was polled is entered once more to be dropped. A span that was entered once belongs to a synchronous
    /// function, which cannot be dropped midway, or to a future that was never polled.
    pub(crate) fn may_have_been_pending(&self) -> bool {
        self.entered > 1
    }

    /// The span was closed, and there was no evidence of how the operation ended. What was polled was dropped then, inside
    /// its span.
    pub(crate) fn closed_without_evidence(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.ended_in_drop();
        }
    }

    /// A `slow` record is about to be written. Whether it may be; otherwise it waits, if the operation is open.
    pub(crate) fn begin_slow(&mut self, slow: Slow, now: Moment) -> bool {
        match &mut self.phase {
            Phase::Invoked => {
                self.phase = Phase::Writing { later: None };
                true
            }
            Phase::Writing { later } => {
                later.get_or_insert_default().slow.push_back((slow, now));
                false
            }
            Phase::Opened | Phase::Settled => false,
        }
    }

    /// The `invoke` record was written. Whether something waited for it, and is [next](Self::next).
    #[inline]
    pub(crate) fn written(&mut self) -> bool {
        match self.phase {
            Phase::Writing { later: Some(_) } => true,
            Phase::Writing { later: None } => {
                self.phase = Phase::Invoked;
                false
            }
            _ => false,
        }
    }

    /// A record was written. What is to be written next: while anything is, nobody else writes.
    pub(crate) fn next(&mut self) -> Next {
        let Phase::Writing { later } = &mut self.phase else {
            return Next::Nothing;
        };
        if let Some((slow, now)) = later.as_mut().and_then(|later| later.slow.pop_front()) {
            return Next::Slow(slow, now);
        }
        let ended = later.take().and_then(|later| later.ended);
        self.phase = Phase::Invoked;
        ended.map_or(Next::Nothing, |(ending, now)| Next::End(ending, now))
    }

    /// Whether an ending waits that nothing else can take the place of.
    pub(crate) fn is_ending(&self) -> bool {
        matches!(&self.phase, Phase::Writing { later: Some(later) } if later.ended.is_some())
    }

    pub(crate) fn is_being_written(&self) -> bool {
        matches!(self.phase, Phase::Writing { .. })
    }

    /// A panic that began inside the span leaves it, which ends the operation if nothing refutes that until the span is
    /// closed.
    pub(crate) fn panicked(&mut self, ending: Ending, now: Moment) {
        // What the function had returned is gone: a destructor panicked after that.
        self.evidence = None;
        if self.panicked.as_ref().is_none_or(|panicked| panicked.is_refuted()) {
            self.panicked = Some(Box::new(Panicked::new(ending, now, self.inside)));
        }
    }

    /// Returns what counts at close if nothing else ended the operation: what an event said after which the span was never
    /// left, else a panic that left the span.
    pub(crate) fn take_leftover(&mut self) -> Leftover {
        match (self.evidence.take(), self.panicked.take()) {
            (Some((ending, at)), _) => Leftover::Ended(ending, at),
            (None, Some(panicked)) => panicked.at_close(),
            (None, None) => Leftover::Nothing,
        }
    }

    /// Holds the operation for a thread that has yet to write a record of it, also after its span was closed. Returns the
    /// number under which the table finds it.
    pub(crate) fn hold(&mut self) -> u64 {
        static HOLDS: AtomicU64 = AtomicU64::new(1);
        self.held = HOLDS.fetch_add(1, Ordering::Relaxed);
        self.held
    }

    /// The operation ended. The ending, if it is the first one and to be written now.
    pub(crate) fn settle(&mut self, ending: Ending, now: Moment) -> Option<Settled> {
        match &mut self.phase {
            Phase::Opened | Phase::Settled => None,
            Phase::Writing { later } => {
                later.get_or_insert_default().ended.get_or_insert((ending, now));
                None
            }
            Phase::Invoked => {
                self.phase = Phase::Settled;
                let reporter = self.inner.as_ref().and_then(|inner| match &ending.how {
                    How::Failed(failure, Report::Once) | How::Cancelled(Some(failure)) => {
                        inner.reporter_of(ending.outcome(), failure)
                    }
                    How::Cancelled(None) => inner.reporter_during(self.entered),
                    _ => None,
                });
                Some(Settled { ending, reporter })
            }
        }
    }

    /// An inner operation ended.
    pub(crate) fn hear(&mut self, news: News) {
        // A future is dropped inside its span. An inner operation that ends while nobody is inside was not dropped
        // along with this one.
        let during = (self.inside > 0).then_some(self.entered);
        self.inner.get_or_insert_default().hear(news, during);
    }

    /// What the operation that this one was begun in has to be told of it, where it tells how far it got.
    pub(crate) fn child(&self, settled: &Settled) -> Child {
        let pending =
            self.progress.as_ref().and_then(|progress| progress.child(settled, self.entered));
        let inside = Inside { name: self.name().into(), span_id: self.place.span_id() };
        Child::new(inside, settled, pending)
    }

    /// An inner operation ended.
    pub(crate) fn hear_of(&mut self, child: Child) {
        let during = (self.inside > 0).then_some(self.entered);
        if let Some(progress) = &mut self.progress {
            progress.hear(child, during);
        }
    }

    /// What notes where it waits, where that is captured.
    pub(crate) fn noting(&self) -> Option<Weak<Noting>> {
        self.why.as_ref().map(|why| Weak::clone(&why.noting))
    }

    /// How often it was entered.
    pub(crate) fn entered(&self) -> u32 {
        self.entered
    }

    /// What the operation that this one was begun in has to be told of this ending.
    pub(crate) fn news(&self, settled: &Settled) -> Option<News> {
        self.parent?;
        let reporter = settled.reporter.unwrap_or(self.place.span_id());
        match &settled.ending.how {
            How::Failed(failure, _) | How::Cancelled(Some(failure)) => {
                Some(News::Error(settled.ending.outcome(), Arc::clone(failure), reporter))
            }
            How::Cancelled(None) => Some(News::Cancelled(reporter)),
            How::Success(_) | How::Unknown(_) => None,
        }
    }
}
