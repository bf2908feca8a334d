//! The state of one call: opened, invoked, settled once.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::callsite::Callsite;
use crate::clock::Moment;
use crate::convention::{error, mark};
use crate::payload::{Fields, Fragment, Rules, json, text};
use crate::record::{Level, Levels, Outcome, OwnLevels};
use crate::settle::Classes;

/// One call of an operation, from the opening of its span to the span's end.
pub(crate) struct Operation {
    pub(crate) callsite: &'static Callsite,
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) parent: Option<Parent>,
    pub(crate) fields: Fields,
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
    /// What panic left the span, and when, that may not have been the operation's own.
    panicked: Option<Box<(Ending, Moment)>>,
    inner: Inner,
}

/// How much of a call is recorded.
#[derive(Debug, Default)]
pub(crate) enum Keeping {
    #[default]
    All,
    /// Refused by a policy: how it ended, if that is no success.
    Refused,
    /// Left out by sampling: everything, if it ends otherwise than in success. Until then its `invoke` waits here.
    Sampled { invoke: Option<(Level, Vec<u8>)> },
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
    /// The latest errors, what each counted as, and who reported it in full.
    errors: Vec<(Outcome, Fingerprint, u64)>,
}

/// How an operation ended, and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub(crate) how: How,
    /// How many items a stream gave.
    pub(crate) items: Option<u64>,
    /// What its error counts as.
    pub(crate) classes: Classes,
    /// The settings by whose rules its texts were written, by their epoch.
    pub(crate) written_under: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) enum How {
    /// With the result as JSON, where it was asked for.
    Success(Option<Vec<u8>>),
    Failed(Failure, Report),
    /// With the error that stands for the cancellation, where one does.
    Cancelled(Option<Failure>),
    Unknown,
}

/// How much of a failure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// Everything, unless an inner operation has told it.
    Once,
    /// Everything.
    Full,
    /// That there was one.
    Suppressed,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Cow<'static, str>,
    /// A JSON text, quotes included.
    pub(crate) message: Vec<u8>,
    /// More members for the error's object: causes and details.
    pub(crate) more: Fragment,
    /// The texts of the causes below, as their fingerprints.
    pub(crate) causes: Vec<u64>,
}

/// An ending that is to be recorded now.
pub(crate) struct Settled {
    pub(crate) ending: Ending,
    /// The inner operation that told it in full.
    pub(crate) reporter: Option<u64>,
}

/// What an error is recognised by when an outer operation returns it too.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprint {
    /// `None` where the type is not known.
    kind: Option<u64>,
    /// `None` where the text is not known: that of a panic through a stock span.
    message: Option<u64>,
}

/// What the operation that an ended one was begun in has to be told.
pub(crate) enum News {
    /// It returned an error, which counted as this.
    Error(Outcome, Fingerprint, u64),
    /// It was dropped.
    Cancelled(u64),
}

impl Operation {
    /// How many errors of inner operations are remembered: the latest ones.
    const REMEMBERED_ERRORS: usize = 8;

    pub(crate) fn new(
        callsite: &'static Callsite,
        (trace_id, span_id): (u128, u64),
        parent: Option<Parent>,
        fields: Fields,
        keeping: Keeping,
    ) -> Self {
        Self {
            callsite,
            trace_id,
            span_id,
            parent,
            fields,
            keeping,
            is_left_out: false,
            levels: None,
            invoked_ns: 0,
            phase: Phase::Opened,
            entered: 0,
            inside: 0,
            panicked: None,
            inner: Inner::default(),
        }
    }

    pub(crate) fn name(&self) -> &[u8] {
        let own = self.fields.identity.as_ref().and_then(|identity| identity.name.as_deref());
        own.unwrap_or(&self.callsite.name)
    }

    pub(crate) fn namespace(&self) -> &[u8] {
        let own = self.fields.identity.as_ref().and_then(|identity| identity.namespace.as_deref());
        own.unwrap_or(&self.callsite.namespace)
    }

    pub(crate) fn entity_id(&self) -> Option<&[u8]> {
        self.fields.identity.as_ref()?.entity_id.as_deref()
    }

    /// The level of each of its outcomes, in a layer with these.
    pub(crate) fn levels_over(&self, layer: &Levels) -> Levels {
        self.levels.map_or(*layer, |own| own.over(layer))
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

    /// A panic that began inside the span left it. Its ending, if it was certainly the operation's own.
    ///
    /// The first to enter a span is the operation itself. Later on it may be a task that was spawned into the
    /// span: its panic is not the end of the operation, which shows by other evidence. Without any, it was.
    pub(crate) fn panicked(&mut self, ending: Ending, now: Moment) -> Option<Ending> {
        if self.entered == 1 {
            return Some(ending);
        }
        self.panicked.get_or_insert_with(|| Box::new((ending, now)));
        None
    }

    /// The panic that left the span and counts if there is no other evidence, and when that was.
    pub(crate) fn take_panic(&mut self) -> Option<(Ending, Moment)> {
        self.panicked.take().map(|panic| *panic)
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
    pub(crate) fn settle(&mut self, ending: Ending, now: Moment) -> Option<Settled> {
        match &mut self.phase {
            Phase::Opened | Phase::Settled => None,
            Phase::Invoking { ended } => {
                ended.get_or_insert((ending, now));
                None
            }
            Phase::Invoked => {
                self.phase = Phase::Settled;
                let reporter = match &ending.how {
                    How::Failed(failure, Report::Once) | How::Cancelled(Some(failure)) => {
                        self.inner.reporter_of(ending.outcome(), failure)
                    }
                    How::Cancelled(None) => self.inner.reporter_during(self.entered),
                    _ => None,
                };
                Some(Settled { ending, reporter })
            }
        }
    }

    /// An inner operation ended.
    pub(crate) fn hear(&mut self, news: News) {
        match news {
            News::Error(outcome, fingerprint, reporter) => {
                let errors = &mut self.inner.errors;
                if errors.len() == Self::REMEMBERED_ERRORS {
                    errors.remove(0);
                }
                errors.push((outcome, fingerprint, reporter));
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
    pub(crate) fn news(&self, settled: &Settled) -> Option<News> {
        let reporter = settled.reporter.unwrap_or(self.span_id);
        match &settled.ending.how {
            How::Failed(failure, _) | How::Cancelled(Some(failure)) => {
                Some(News::Error(settled.ending.outcome(), failure.fingerprint(), reporter))
            }
            How::Cancelled(None) => Some(News::Cancelled(reporter)),
            How::Success(_) | How::Unknown => None,
        }
    }
}

impl Inner {
    /// Who told in full of the same error, or of one that it was made from. An error that counted as something
    /// else inside is told again, as what it counts as here.
    fn reporter_of(&self, outcome: Outcome, failure: &Failure) -> Option<u64> {
        let fingerprint = failure.fingerprint();
        let same = |(counted_as, known, _): &&(Outcome, Fingerprint, u64)| {
            let is_cause =
                || known.message.is_some_and(|message| failure.causes.contains(&message));
            *counted_as == outcome && (known.is_same(&fingerprint) || is_cause())
        };
        self.errors.iter().rfind(same).map(|(.., reporter)| *reporter)
    }

    /// Who reported the cancellation that ended an operation entered `entered` times. A span that was entered
    /// only once was synchronous, and is never dropped along with an inner one.
    fn reporter_during(&self, entered: u32) -> Option<u64> {
        let (during, reporter) = self.cancelled?;
        (during == entered && entered > 1).then_some(reporter)
    }
}

impl Ending {
    pub(crate) const SUCCESS: Self = Self::new(How::Success(None));
    pub(crate) const CANCELLED: Self = Self::new(How::Cancelled(None));
    pub(crate) const UNKNOWN: Self = Self::new(How::Unknown);

    pub(crate) const fn new(how: How) -> Self {
        Self { how, items: None, classes: Classes::NONE, written_under: None }
    }

    /// A panic unwound through the operation.
    pub(crate) fn panicked(message: Option<&str>, rules: &Rules) -> Self {
        let message = message.unwrap_or(error::MESSAGE_PANIC);
        let failure = Failure::new(error::TYPE_PANIC, |to| {
            text::push_str(to, message, rules.limits.message, &rules.redaction)
        });
        Self::new(How::Failed(failure, Report::Once))
    }

    /// With its texts written again as a layer wants them that did not write them: what is secret to it is redacted.
    pub(crate) fn for_layer(mut self, rules: &Rules, epoch: u64) -> Self {
        if self.written_under == Some(epoch) {
            return self;
        }
        match &mut self.how {
            How::Success(Some(result)) => redact_json(result, rules),
            How::Failed(failure, _) | How::Cancelled(Some(failure)) => {
                redact_json(&mut failure.message, rules);
                failure.more = failure.more.redacted(&rules.redaction);
            }
            How::Success(None) | How::Cancelled(None) | How::Unknown => {}
        }
        self
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self.how {
            How::Success(_) => Outcome::Success,
            How::Failed(..) => Outcome::Failed,
            How::Cancelled(_) => Outcome::Cancelled,
            How::Unknown => Outcome::Unknown,
        }
    }
}

impl Settled {
    /// Whether the call did what it was called for, as far as is known.
    pub(crate) fn is_ordinary(&self) -> bool {
        matches!(self.ending.how, How::Success(_) | How::Unknown)
    }

    /// Whether less is told than is known.
    pub(crate) fn is_suppressed(&self) -> bool {
        self.reporter.is_some() || matches!(self.ending.how, How::Failed(_, Report::Suppressed))
    }

    pub(crate) fn level(&self, levels: &Levels) -> Level {
        if self.is_suppressed() { levels.suppressed } else { levels.of(self.ending.outcome()) }
    }
}

impl Failure {
    /// Characters of a type's name: generic types have endless ones.
    const KIND_LIMIT: usize = 200;

    /// A failure whose message `push` appends as a JSON text.
    pub(crate) fn new(kind: impl Into<Cow<'static, str>>, push: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut message = Vec::new();
        push(&mut message);
        let mut kind = kind.into();
        if let Some(end) = text::cut_at(&kind, Self::KIND_LIMIT) {
            kind = format!("{}{}", &kind[..end], mark::CUT).into();
        }
        Self { kind, message, more: Fragment::default(), causes: Vec::new() }
    }

    fn fingerprint(&self) -> Fingerprint {
        let is_opaque = self.kind == error::TYPE_OPAQUE;
        let is_silent = self.kind == error::TYPE_PANIC && *self.message == *SILENT_PANIC;
        Fingerprint {
            kind: (!is_opaque).then(|| fingerprint(self.kind.as_bytes())),
            message: (!is_silent).then(|| fingerprint(&self.message)),
        }
    }
}

/// The message of a panic whose message is not known, as a JSON text.
const SILENT_PANIC: &[u8] = b"\"panicked\"";

impl Fingerprint {
    /// Whether two failures are the same as far as is known of both. Of two that are nearly unknown nothing is said.
    fn is_same(&self, other: &Self) -> bool {
        let agree =
            |one: Option<u64>, other: Option<u64>| one == other || one.is_none() || other.is_none();
        let kinds = agree(self.kind, other.kind);
        let messages = agree(self.message, other.message);
        let something = self.kind == other.kind || self.message == other.message;
        kinds && messages && something
    }
}

fn redact_json(json: &mut Vec<u8>, rules: &Rules) {
    if let Ok(mut value) = serde_json::from_slice(json) {
        rules.redaction.redact_value(&mut value);
        json.clear();
        json::push_value(json, &value);
    }
}

/// What a text is recognised by: for a message, the JSON text with its quotes.
pub(crate) fn fingerprint(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_without_a_message_is_silent() {
        let panicked = |message| match Ending::panicked(message, Rules::standard()).how {
            How::Failed(failure, _) => failure.fingerprint(),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(panicked(None).message, None);
        assert!(panicked(None).is_same(&panicked(Some("boom"))));
        assert!(!panicked(Some("bang")).is_same(&panicked(Some("boom"))));
    }
}
