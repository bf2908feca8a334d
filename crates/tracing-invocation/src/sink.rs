//! Where finished records go.

mod metadata;
mod report;
pub(crate) mod turn;
mod writer;

pub(crate) use report::report;
pub(crate) use writer::WriterSink;

use crate::record::Level;

/// Takes finished records, one call each. Handles its own failures: what it is given comes from the middle of
/// somebody else's work.
pub(crate) trait Sink: Send + Sync {
    /// Takes one record: a line of JSON, newline included.
    fn write(&self, level: Level, line: &[u8]);
}
