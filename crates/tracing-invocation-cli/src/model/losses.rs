//! Recognizes records that report lost records.

use tracing_invocation::Record;
use tracing_invocation::convention::{delivery, error, payload};

/// Returns the number of lost records, if this record reports any.
pub(crate) fn lost(record: &Record) -> Option<u64> {
    if record.event_namespace != delivery::NAMESPACE || record.event_name != delivery::NAME {
        return None;
    }
    let details = record.payload.get(payload::ERROR).and_then(|error| error.get(error::DETAILS));
    details?.get(delivery::LOST)?.as_u64()
}
