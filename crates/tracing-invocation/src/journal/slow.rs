//! What is to be told of an operation that takes long.

use super::buffer::take_buffer;
use crate::clock::Moment;
use crate::line;
use crate::operation::{Keeping, Operation, Slow};
use crate::payload::Fragment;
use crate::record::Level;
use crate::settings::Settings;

/// A `slow` record of an operation.
pub(super) struct Told {
    pub(super) slow: Slow,
    pub(super) now: Moment,
    pub(super) level: Level,
    pub(super) is_written: bool,
    /// Whether there is no line yet, as the program is to shape it.
    pub(super) wants_shape: bool,
    pub(super) line: Option<Vec<u8>>,
}

impl Told {
    pub(super) fn new(
        operation: &mut Operation,
        slow: Slow,
        now: Moment,
        settings: &Settings,
    ) -> Self {
        let own = operation.levels.and_then(|own| own.slow);
        let level = own.unwrap_or(settings.levels.slow);
        let is_written = settings.writes(operation.callsite.metadata().target(), level);
        let wants_shape = is_written && settings.formatter.is_some();
        let mut told = Self { slow, now, level, is_written, wants_shape, line: None };
        if !wants_shape {
            told.write_line(operation, None);
        }
        told
    }

    pub(super) fn write_line(&mut self, operation: &mut Operation, context: Option<&Fragment>) {
        if self.is_written {
            let (now, level) = (self.now, self.level);
            self.line = Some(line::slow(take_buffer(), operation, now, level, self.slow, context));
        }
    }
}

/// Keeps an operation that sampling left out: what is slow is told of from its `invoke` on, which has waited.
pub(super) fn keep(operation: &mut Operation) -> Option<Box<(Level, Vec<u8>)>> {
    match &mut operation.keeping {
        Keeping::Sampled { invoke } => {
            let invoke = invoke.take();
            operation.keeping = Keeping::All;
            invoke
        }
        Keeping::All | Keeping::Refused => None,
    }
}
