//! How records look to what reads them: presets beside the native wire format.

use crate::record::Record;

/// Writes records in the words of what reads them.
///
/// An output that has none writes the native wire format.
pub trait Format: Send + Sync {
    /// Appends `record`, its newline included.
    fn format(&self, record: &Record, to: &mut Vec<u8>);
}
