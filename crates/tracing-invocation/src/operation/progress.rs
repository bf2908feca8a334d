//! How far an operation got, and whether it takes too long.

use super::{How, Settled};
use crate::convention::{payload, progress, slow};
use crate::payload::json;
use crate::record::Outcome;

/// What is kept of an operation for those who asked for more than its end.
///
/// A *stay* begins when the span is entered and nobody is inside, and lasts until all have left it: whoever enters it
/// meanwhile, on this thread or another, makes no other.
pub(crate) struct Progress {
    /// Whether the terminal record tells of it.
    is_told: bool,
    /// How long a stay may be.
    slow_poll_ns: Option<u64>,
    /// How long the operation is expected to take, until it was told that it takes longer.
    expected_ns: Option<u64>,
    stay: Option<Stay>,
    polls: u64,
    busy_ns: u64,
    /// When the last poll ended, and the one before.
    left_ns: [Option<u64>; 2],
    last_child: Option<(Inside, Outcome)>,
    pending: Option<(Along, Inside)>,
}

/// Somebody is inside the span.
struct Stay {
    since_ns: u64,
    /// Whether it is more than the wrapper's way to begin or to end.
    is_poll: bool,
}

/// An operation inside another: its name is a JSON text.
#[derive(Clone)]
pub(crate) struct Inside {
    pub(crate) name: Box<[u8]>,
    pub(crate) span_id: u64,
}

/// What an operation ended along with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Along {
    /// The drop of what is around it, during which entry of that.
    Drop(u32),
    /// The program.
    Program,
}

/// What the operation around an ended one is told of it.
pub(crate) struct Child {
    inside: Inside,
    outcome: Outcome,
    is_dropped: bool,
    is_of_program: bool,
    /// The innermost operation that ended along with it.
    pending: Option<Inside>,
}

/// What takes longer than it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slow {
    /// A stay inside the span.
    Poll { poll_ns: u64, limit_ns: u64 },
    /// The operation.
    Operation { expected_ns: u64 },
}

impl Progress {
    /// Of an operation that begins now; `None` where nobody asked.
    pub(crate) fn begin(
        is_told: bool,
        slow_poll_ns: Option<u64>,
        expected_ns: Option<u64>,
    ) -> Option<Box<Self>> {
        let is_wanted = is_told || slow_poll_ns.is_some() || expected_ns.is_some();
        is_wanted.then(|| {
            Box::new(Self {
                is_told,
                slow_poll_ns,
                expected_ns,
                stay: None,
                polls: 0,
                busy_ns: 0,
                left_ns: [None; 2],
                last_child: None,
                pending: None,
            })
        })
    }

    pub(crate) fn enter(&mut self, now_ns: u64, is_poll: bool) {
        self.stay = Some(Stay { since_ns: now_ns, is_poll });
        self.polls += u64::from(is_poll);
    }

    /// All have left the span. The stay, if it was too long.
    pub(crate) fn leave(&mut self, now_ns: u64) -> Option<Slow> {
        let stay = self.stay.take()?;
        let poll_ns = now_ns.saturating_sub(stay.since_ns);
        self.busy_ns = self.busy_ns.saturating_add(poll_ns);
        if stay.is_poll {
            self.left_ns = [Some(now_ns), self.left_ns[0]];
        }
        let limit_ns = self.slow_poll_ns.filter(|limit_ns| poll_ns > *limit_ns)?;
        Some(Slow::Poll { poll_ns, limit_ns })
    }

    /// The operation ends, inside its span or outside. The stay that goes on, if it is too long.
    pub(crate) fn end(&mut self, now_ns: u64) -> Option<Slow> {
        let ran_until_then = self.stay.as_ref().is_some_and(|stay| stay.is_poll);
        let slow = self.leave(now_ns);
        if ran_until_then {
            self.left_ns = [None; 2];
        }
        slow
    }

    /// What looked like the last poll was a drop.
    pub(crate) fn ended_in_drop(&mut self) {
        if self.polls > 1 {
            self.polls -= 1;
            self.left_ns = [self.left_ns[1], None];
        }
    }

    /// An operation directly inside this one ended, while this one was entered for the `during`th time, if anybody was
    /// inside.
    pub(crate) fn hear(&mut self, child: Child, during: Option<u32>) {
        let Child { inside, outcome, is_dropped, is_of_program, pending } = child;
        let pending = || pending.unwrap_or_else(|| inside.clone());
        match during {
            Some(during) if is_dropped => self.pending = Some((Along::Drop(during), pending())),
            // The innermost ends first.
            _ if is_of_program && !self.is_along(Along::Program) => {
                self.pending = Some((Along::Program, pending()));
            }
            _ => {}
        }
        self.last_child = Some((inside, outcome));
    }

    fn is_along(&self, along: Along) -> bool {
        self.pending.as_ref().is_some_and(|(known, _)| *known == along)
    }

    /// The innermost operation that ended along with this one, which was entered `entered` times. A span that was entered
    /// only once was synchronous, and is never dropped along with an inner one.
    fn pending(&self, how: &How, entered: u32) -> Option<&Inside> {
        let (along, inside) = self.pending.as_ref()?;
        let is_along = match how {
            How::Cancelled(None) | How::Unknown(None) => {
                entered > 1 && *along == Along::Drop(entered)
            }
            How::Unknown(Some(_)) => *along == Along::Program,
            _ => false,
        };
        is_along.then_some(inside)
    }

    pub(crate) fn child(&self, settled: &Settled, entered: u32) -> Option<Inside> {
        self.pending(&settled.ending.how, entered).cloned()
    }

    pub(crate) fn polls(&self) -> Option<u64> {
        self.is_told.then_some(self.polls)
    }

    pub(crate) fn expected_ns(&self) -> Option<u64> {
        self.expected_ns
    }

    /// It is told that the operation takes longer than expected: once.
    pub(crate) fn take_expected(&mut self) -> bool {
        self.expected_ns.take().is_some()
    }

    /// Appends the member of the payload, with a comma behind it.
    pub(crate) fn push(&self, to: &mut Vec<u8>, duration_ns: u64, now_ns: u64, end: (&How, u32)) {
        if !self.is_told {
            return;
        }
        let (how, entered) = end;
        push_object(to, payload::PROGRESS, |to| {
            let busy_ns = self.busy_ns.min(duration_ns);
            push_number(to, progress::POLLS, self.polls);
            push_number(to, progress::BUSY_NS, busy_ns);
            push_number(to, progress::IDLE_NS, duration_ns - busy_ns);
            if let [Some(left_ns), _] = self.left_ns {
                push_number(to, progress::SINCE_LAST_POLL_NS, now_ns.saturating_sub(left_ns));
            }
            if let Some((inside, outcome)) = &self.last_child {
                push_object(to, progress::LAST_CHILD, |to| {
                    inside.push(to);
                    json::push_string(to, progress::OUTCOME);
                    to.push(b':');
                    json::push_string(to, outcome.as_str());
                    to.push(b',');
                });
            }
            if let Some(inside) = self.pending(how, entered) {
                push_object(to, progress::PENDING, |to| inside.push(to));
            }
        });
    }
}

impl Child {
    pub(crate) fn new(inside: Inside, settled: &Settled, pending: Option<Inside>) -> Self {
        let how = &settled.ending.how;
        Self {
            inside,
            outcome: settled.ending.outcome(),
            is_dropped: matches!(how, How::Cancelled(None)),
            is_of_program: matches!(how, How::Unknown(Some(_))),
            pending,
        }
    }
}

impl Inside {
    fn push(&self, to: &mut Vec<u8>) {
        json::push_string(to, progress::NAME);
        to.push(b':');
        to.extend_from_slice(&self.name);
        to.push(b',');
        json::push_string(to, progress::SPAN_ID);
        to.extend_from_slice(b":\"");
        to.extend_from_slice(&json::hex(self.span_id));
        to.extend_from_slice(b"\",");
    }
}

impl Slow {
    /// Appends the member of the payload, with a comma behind it.
    pub(crate) fn push(self, to: &mut Vec<u8>, age_ns: u64) {
        push_object(to, payload::SLOW, |to| match self {
            Self::Poll { poll_ns, limit_ns } => {
                push_number(to, slow::POLL_NS, poll_ns);
                push_number(to, slow::LIMIT_NS, limit_ns);
            }
            Self::Operation { expected_ns } => {
                push_number(to, slow::EXPECTED_NS, expected_ns);
                push_number(to, slow::AGE_NS, age_ns);
            }
        });
    }
}

/// Appends a member that is an object of at least one member, each of which has a comma behind it.
fn push_object(to: &mut Vec<u8>, key: &str, members: impl FnOnce(&mut Vec<u8>)) {
    json::push_string(to, key);
    to.extend_from_slice(b":{");
    members(to);
    to.pop();
    to.extend_from_slice(b"},");
}

fn push_number(to: &mut Vec<u8>, key: &str, number: u64) {
    json::push_string(to, key);
    to.push(b':');
    json::push_u64(to, number);
    to.push(b',');
}
