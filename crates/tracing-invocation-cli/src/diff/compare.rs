//! Compares the operations of two runs.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::chance::Share;
use crate::stats::{Calls, Label, ranked};

/// By how much a duration differs at least, as a ratio.
const RATIO: f64 = 1.1;

/// How many calls have ended at least where durations are compared, and there are at least where their number is.
const FEW: u64 = 20;

/// The operations of two runs, the most important change first.
pub(super) struct Comparison<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
}

/// One operation, before and after.
pub(super) struct Pair<'a> {
    pub(super) label: Arc<Label>,
    pub(super) before: Option<&'a Calls>,
    pub(super) after: Option<&'a Calls>,
    /// What changed, the most important first.
    pub(super) changes: Vec<Change<'a>>,
}

/// What changed, the kinds in the order of importance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change<'a> {
    NewError {
        error: &'a str,
        count: u64,
    },
    FailsMore {
        by: f64,
    },
    CancelledMore {
        by: f64,
    },
    OpenMore {
        by: f64,
    },
    /// Of so many calls, so many failed or were cancelled.
    NewUnwell {
        calls: u64,
        unwell: u64,
    },
    Slower {
        percentile: f64,
        ratio: f64,
    },
    NewCause {
        cause: &'a str,
        count: u64,
    },
    New {
        calls: u64,
    },
    Gone {
        calls: u64,
    },
    Calls {
        ratio: f64,
    },
    FailsLess {
        by: f64,
    },
    CancelledLess {
        by: f64,
    },
    OpenLess {
        by: f64,
    },
    Faster {
        percentile: f64,
        ratio: f64,
    },
}

/// One operation's calls, before and after.
type Both<'a> = [Option<&'a Calls>; 2];

/// The percentiles that are compared.
pub(super) const PERCENTILES: [f64; 2] = [50.0, 99.0];

impl<'a> Comparison<'a> {
    pub(super) fn of(before: &'a [(Arc<Label>, Calls)], after: &'a [(Arc<Label>, Calls)]) -> Self {
        let mut by_label: BTreeMap<&Arc<Label>, Both<'a>> = BTreeMap::new();
        for (run, operations) in [before, after].into_iter().enumerate() {
            for (label, calls) in operations {
                by_label.entry(label).or_default()[run] = Some(calls);
            }
        }
        let pair = |(label, [before, after]): (&Arc<Label>, Both<'a>)| Pair {
            label: Arc::clone(label),
            before,
            after,
            changes: changes(before, after),
        };
        let mut pairs: Vec<_> = by_label.into_iter().map(pair).collect();
        pairs.sort_by(Pair::by_importance);
        Self { pairs }
    }

    pub(super) fn is_worse(&self) -> bool {
        self.pairs.iter().any(Pair::is_worse)
    }
}

impl Pair<'_> {
    /// Its calls in the runs in which there are any.
    pub(super) fn both(&self) -> impl Iterator<Item = &Calls> {
        self.before.into_iter().chain(self.after)
    }

    pub(super) fn is_worse(&self) -> bool {
        self.changes.iter().any(Change::is_worse)
    }

    fn by_importance(&self, other: &Self) -> Ordering {
        match (self.changes.first(), other.changes.first()) {
            (Some(mine), Some(others)) => mine.by_importance(others),
            (mine, others) => mine.is_none().cmp(&others.is_none()),
        }
        .then_with(|| self.label.cmp(&other.label))
    }
}

impl Change<'_> {
    /// The word of its kind.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::NewError { .. } => "new_error",
            Self::FailsMore { .. } => "fails_more",
            Self::CancelledMore { .. } => "cancelled_more",
            Self::OpenMore { .. } => "open_more",
            Self::Slower { .. } => "slower",
            Self::NewCause { .. } => "new_cause",
            Self::New { .. } | Self::NewUnwell { .. } => "new",
            Self::Gone { .. } => "gone",
            Self::Calls { .. } => "calls",
            Self::FailsLess { .. } => "fails_less",
            Self::CancelledLess { .. } => "cancelled_less",
            Self::OpenLess { .. } => "open_less",
            Self::Faster { .. } => "faster",
        }
    }

    /// How important its kind is, the most important first, and how large it is among these.
    #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53")]
    const fn rank(&self) -> (u8, f64) {
        match self {
            Self::NewError { count, .. } => (0, *count as f64),
            Self::FailsMore { by } => (1, *by),
            Self::CancelledMore { by } => (2, *by),
            Self::OpenMore { by } => (3, *by),
            Self::NewUnwell { calls, .. } => (4, *calls as f64),
            Self::Slower { ratio, .. } => (5, *ratio),
            Self::NewCause { count, .. } => (6, *count as f64),
            Self::New { calls } => (7, *calls as f64),
            Self::Gone { calls } => (8, *calls as f64),
            Self::Calls { ratio } => (9, if *ratio < 1.0 { 1.0 / *ratio } else { *ratio }),
            Self::FailsLess { by } => (10, *by),
            Self::CancelledLess { by } => (11, *by),
            Self::OpenLess { by } => (12, *by),
            Self::Faster { ratio, .. } => (13, 1.0 / *ratio),
        }
    }

    fn by_importance(&self, other: &Self) -> Ordering {
        let ((kind, size), (others, other_size)) = (self.rank(), other.rank());
        kind.cmp(&others).then(other_size.total_cmp(&size))
    }

    pub(super) const fn is_worse(&self) -> bool {
        self.rank().0 <= 5
    }

    pub(super) const fn is_better(&self) -> bool {
        self.rank().0 >= 10
    }
}

/// How many of those that ended failed.
pub(super) fn failed(calls: &Calls) -> Share {
    Share { part: calls.failed, of: calls.ended() }
}

/// How many of those that ended were cancelled.
pub(super) fn cancelled(calls: &Calls) -> Share {
    Share { part: calls.cancelled, of: calls.ended() }
}

/// How many calls began and did not end.
pub(super) fn open(calls: &Calls) -> Share {
    Share { part: calls.open, of: calls.calls() }
}

fn changes<'a>(before: Option<&'a Calls>, after: Option<&'a Calls>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    if let Some(after) = after {
        let is_new = |known: Option<bool>| known != Some(true);
        let errors = ranked(&after.errors).into_iter();
        let errors =
            errors.filter(|(word, _)| is_new(before.map(|it| it.errors.contains_key(*word))));
        changes.extend(errors.map(|(error, count)| Change::NewError { error, count }));
        let causes = ranked(&after.causes).into_iter();
        let causes =
            causes.filter(|(word, _)| is_new(before.map(|it| it.causes.contains_key(*word))));
        changes.extend(causes.map(|(cause, count)| Change::NewCause { cause, count }));
    }
    match (before, after) {
        (Some(before), Some(after)) => compare(before, after, &mut changes),
        (Some(before), None) => changes.push(Change::Gone { calls: before.calls() }),
        (None, Some(after)) => changes.push(new(after)),
        (None, None) => {}
    }
    changes.sort_by(Change::by_importance);
    changes
}

/// What changed of an operation that was there before.
fn compare(before: &Calls, after: &Calls, changes: &mut Vec<Change<'_>>) {
    changes.extend(
        by_which(failed, [before, after]).map(|by| {
            if by > 0.0 { Change::FailsMore { by } } else { Change::FailsLess { by: -by } }
        }),
    );
    changes.extend(by_which(cancelled, [before, after]).map(|by| {
        if by > 0.0 { Change::CancelledMore { by } } else { Change::CancelledLess { by: -by } }
    }));
    changes.extend(
        by_which(open, [before, after]).map(|by| {
            if by > 0.0 { Change::OpenMore { by } } else { Change::OpenLess { by: -by } }
        }),
    );
    for percentile in PERCENTILES {
        let Some(ratio) = moved(before, after, percentile) else { continue };
        changes.push(if ratio > 1.0 {
            Change::Slower { percentile, ratio }
        } else {
            Change::Faster { percentile, ratio }
        });
    }
    // Of what was only said to be slow, or neither begun nor ended there, there were no calls.
    let ratio = Share { part: after.calls(), of: before.calls().max(1) }.rate();
    if before.calls().max(after.calls()) >= FEW && (ratio >= 2.0 || ratio <= 0.5) {
        changes.push(Change::Calls { ratio });
    }
}

/// What is said of an operation that was not there before: and whether at least half of its calls went wrong, if there are enough.
fn new(after: &Calls) -> Change<'_> {
    let (calls, unwell) = (after.calls(), after.failed + after.cancelled);
    if calls >= FEW && unwell >= calls.div_ceil(2) {
        Change::NewUnwell { calls, unwell }
    } else {
        Change::New { calls }
    }
}

/// By how much a share grew, where that is more than chance.
fn by_which(share: fn(&Calls) -> Share, [before, after]: [&Calls; 2]) -> Option<f64> {
    let (old, new) = (share(before), share(after));
    new.differs_from(old).then(|| new.rate() - old.rate())
}

/// By which ratio a percentile moved, where that is worth telling and more than chance.
fn moved(before: &Calls, after: &Calls, percentile: f64) -> Option<f64> {
    let (old, new) = (&before.latency, &after.latency);
    if old.count().min(new.count()) < FEW {
        return None;
    }
    let (limit, now) = (old.percentile(percentile)?, new.percentile(percentile)?);
    let ratio = ratio(limit, now);
    let above =
        |latency: &crate::stats::Latency| Share { part: latency.above(limit), of: latency.count() };
    let is_told = (ratio >= RATIO || ratio <= 1.0 / RATIO) && above(new).differs_from(above(old));
    is_told.then_some(ratio)
}

/// Nothing to something is as much more as a nanosecond to it.
fn ratio(before: Duration, after: Duration) -> f64 {
    let nanos = |duration: Duration| duration.max(Duration::from_nanos(1)).as_secs_f64();
    nanos(after) / nanos(before)
}
