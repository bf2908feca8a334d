//! Records in requests that a collector takes.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use crate::attribute;

/// What a record costs in a request besides itself: a tag, and its length.
const FRAME: usize = 1 + 5;

/// A request without records: whose they are.
pub(crate) fn empty(resource: Resource) -> ExportLogsServiceRequest {
    let scope = InstrumentationScope {
        name: attribute::SCOPE.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource),
            scope_logs: vec![ScopeLogs { scope: Some(scope), ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    }
}

/// A request with these records.
pub(crate) fn filled(
    empty: &ExportLogsServiceRequest,
    records: Vec<LogRecord>,
) -> ExportLogsServiceRequest {
    let mut request = empty.clone();
    let scope = request.resource_logs.first_mut().and_then(|logs| logs.scope_logs.first_mut());
    if let Some(scope) = scope {
        scope.log_records = records;
    }
    request
}

/// Divides records, in their order, into as few requests as are at most so large. A record that is larger by itself
/// is alone.
pub(crate) fn divide(
    empty: &ExportLogsServiceRequest,
    records: Vec<LogRecord>,
    max_bytes: usize,
) -> Vec<Vec<LogRecord>> {
    // The lengths of the messages around the records grow with them.
    let around = empty.encoded_len() + 2 * FRAME;
    let mut requests: Vec<Vec<LogRecord>> = Vec::new();
    let mut room = 0;
    for record in records {
        let size = record.encoded_len() + FRAME;
        match requests.last_mut().filter(|_| size <= room) {
            Some(request) => {
                room -= size;
                request.push(record);
            }
            None => {
                room = max_bytes.saturating_sub(around + size);
                requests.push(vec![record]);
            }
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record_of(bytes: usize) -> LogRecord {
        LogRecord { event_name: "x".repeat(bytes), ..LogRecord::default() }
    }

    proptest! {
        #[test]
        fn no_request_is_too_large_and_none_could_take_the_first_of_the_next(
            sizes in prop::collection::vec(0_usize..3_000, 0..200),
            max_bytes in 1_000_usize..20_000,
        ) {
            let records: Vec<_> = sizes.iter().map(|size| record_of(*size)).collect();
            let empty = empty(Resource::default());
            let requests = divide(&empty, records.clone(), max_bytes);
            prop_assert_eq!(requests.concat(), records);
            let size_of = |records: &[LogRecord]| filled(&empty, records.to_vec()).encoded_len();
            for request in &requests {
                prop_assert!(request.len() == 1 || size_of(request) <= max_bytes);
            }
            for pair in requests.windows(2) {
                let both = [&pair[0][..], &pair[1][..1]].concat();
                // What the estimate gives away: at most five bytes for each record.
                prop_assert!(size_of(&both) + 2 * FRAME + 5 * both.len() > max_bytes);
            }
        }
    }
}
