//! An operation that just ended, and what is to be told of that.

use super::buffer::take_buffer;
use super::slow::{Told, keep};
use crate::clock::Moment;
use crate::line;
use crate::operation::{Child, Ending, Keeping, News, Operation, Parent, Settled};
use crate::payload::Fragment;
use crate::record::Level;
use crate::settings::Settings;

/// An operation that just ended.
pub(super) struct Ended {
    pub(super) settled: Settled,
    pub(super) now: Moment,
    pub(super) level: Level,
    pub(super) line: Option<Vec<u8>>,
    /// Whether there is no line yet, as the program is to shape it.
    pub(super) wants_shape: bool,
    /// Its `invoke`, where that has waited for this.
    pub(super) invoke: Option<Box<(Level, Vec<u8>)>>,
    /// What its parent has to be told.
    pub(super) news: Option<(Parent, News)>,
    /// There where more was asked for than the end.
    pub(super) more: Option<Box<More>>,
}

/// What there is to be told of an operation that just ended, besides its end.
pub(super) struct More {
    /// Its `invoke`, where sampling had left it out.
    pub(super) invoke: Option<Box<(Level, Vec<u8>)>>,
    /// That its last stay inside its span was too long.
    pub(super) slow: Option<Told>,
    /// To the operation that it was begun in.
    pub(super) child: Option<(Parent, Child)>,
}

impl Ended {
    /// Ends an operation, if it had not ended yet.
    #[inline]
    pub(super) fn new(
        operation: &mut Operation,
        ending: Ending,
        now: Moment,
        settings: &Settings,
    ) -> Option<Self> {
        let settled = operation.settle(ending, now)?;
        let wants_more = operation.progress.is_some() || settings.capture.progress;
        let more = if wants_more { More::of(operation, &settled, now, settings) } else { None };
        let level = settled.level(&settings.levels, operation.levels);
        let (is_kept, invoke) = match &mut operation.keeping {
            Keeping::All => (true, None),
            _ if settled.is_ordinary() => (false, None),
            Keeping::Refused => (true, None),
            Keeping::Sampled { invoke } => (true, invoke.take()),
        };
        let is_written = is_kept && settings.writes(operation.callsite.metadata().target(), level);
        let news = operation.parent.zip(operation.news(&settled));
        let wants_shape = is_written && settings.formatter.is_some();
        let line = (is_written && !wants_shape)
            .then(|| line::terminal(take_buffer(), operation, now, level, &settled, None));
        Some(Self { settled, now, level, line, wants_shape, invoke, news, more })
    }

    /// That its last stay was too long, where the program is to shape what is told of that.
    pub(super) fn slow_without_shape(&mut self) -> Option<&mut Told> {
        self.more.as_mut()?.slow.as_mut().filter(|told| told.wants_shape)
    }

    pub(super) fn write_line(&mut self, operation: &mut Operation, context: Option<&Fragment>) {
        let (now, level) = (self.now, self.level);
        let line = line::terminal(take_buffer(), operation, now, level, &self.settled, context);
        self.line = Some(line);
    }
}

impl More {
    #[cold]
    pub(super) fn of(
        operation: &mut Operation,
        settled: &Settled,
        now: Moment,
        settings: &Settings,
    ) -> Option<Box<Self>> {
        let progress = operation.progress.as_mut();
        let slow = progress.and_then(|progress| progress.end(now.monotonic_ns));
        if matches!(operation.keeping, Keeping::Refused) {
            return None;
        }
        let (mut invoke, mut told) = (None, None);
        if let Some(slow) = slow {
            invoke = keep(operation);
            told = Some(Told::new(operation, slow, now, settings));
        }
        let parent = operation.parent.filter(|_| settings.capture.progress);
        let child = parent.map(|parent| (parent, operation.child(settled)));
        Some(Box::new(Self { invoke, slow: told, child }))
    }
}
