//! Operations of which somebody has yet to write: what waits for that, and what the program shapes meanwhile.

use super::Journal;
use super::ended::Ended;
use super::slow::{Telling, Told, keep};
use crate::context::ContextFields;
use crate::operation::{Key, Next};
use crate::payload::Fragment;
use crate::record::{Level, Outcome};
use crate::settings::Settings;
use crate::settle::handover;

/// What is written next of a held operation.
enum Step {
    Slow(Told, Option<Box<(Level, Vec<u8>)>>),
    End(Ended),
    Nothing,
}

impl Journal {
    /// Writes what had to wait until a record of a held operation was written, and holds it no longer.
    #[cold]
    pub(super) fn catch_up(&self, held: (Key, u64), settings: &Settings) {
        // `settle_open` waits for the record of an end that has been taken from the operation and is not yet written.
        let _telling = Telling::new(&self.telling);
        loop {
            let step = self.table.with_held(held, |operation| match operation.next() {
                Next::Slow(slow, now) => {
                    Step::Slow(Told::new(operation, slow, now, settings), keep(operation))
                }
                Next::End(ending, now) => {
                    Ended::new(operation, ending, now, settings).map_or(Step::Nothing, Step::End)
                }
                Next::Nothing => Step::Nothing,
            });
            match step.unwrap_or(Step::Nothing) {
                Step::Slow(told, invoke) => self.write_told(held, told, invoke, settings),
                Step::End(mut ended) => {
                    self.shape(held, &mut ended, settings);
                    self.publish(ended, settings);
                }
                Step::Nothing => break,
            }
        }
        self.table.release(held);
    }

    /// Has the program shape what is told of the end of a held operation, if it is to.
    #[cold]
    pub(super) fn shape(&self, held: (Key, u64), ended: &mut Ended, settings: &Settings) {
        if let Some(told) = ended.slow_without_shape() {
            let context = self.shaped(held, Outcome::Slow, settings);
            self.table.with_held(held, |operation| told.write_line(operation, context.as_ref()));
        }
        if ended.wants_shape {
            let context = self.shaped(held, ended.settled.ending.outcome(), settings);
            self.table.with_held(held, |operation| ended.write_line(operation, context.as_ref()));
        }
    }

    pub(super) fn shaped(
        &self,
        held: (Key, u64),
        outcome: Outcome,
        settings: &Settings,
    ) -> Option<Fragment> {
        let view = self.table.with_held(held, |operation| ContextFields::of(operation, outcome))?;
        handover::apart(|| settings.shaped(&view))
    }
}
