//! Records in requests that a collector takes.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use crate::mapping::Log;

/// What a message costs inside another besides itself: a tag, and its length.
const FRAME: usize = 1 + 5;

/// A request without records: whose they are.
pub(crate) fn empty(resource: Resource) -> ExportLogsServiceRequest {
    let logs = ResourceLogs { resource: Some(resource), ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![logs] }
}

/// A request with these records: those of one scope together, in their order.
pub(crate) fn filled(empty: &ExportLogsServiceRequest, logs: Vec<Log>) -> ExportLogsServiceRequest {
    let mut scopes: Vec<ScopeLogs> = Vec::new();
    for Log { scope, record } in logs {
        match scopes.iter_mut().find(|known| known.scope.as_ref() == Some(&scope)) {
            Some(known) => known.log_records.push(record),
            None => scopes.push(ScopeLogs {
                scope: Some(scope),
                log_records: vec![record],
                ..ScopeLogs::default()
            }),
        }
    }
    let mut request = empty.clone();
    if let Some(logs) = request.resource_logs.first_mut() {
        logs.scope_logs = scopes;
    }
    request
}

/// Divides records, in their order, into few requests that are at most so large. A record that is larger by itself is
/// alone.
pub(crate) fn divide(
    empty: &ExportLogsServiceRequest,
    logs: Vec<Log>,
    max_bytes: usize,
) -> Vec<Vec<Log>> {
    // The length of the message around the scopes grows with them.
    let around = empty.encoded_len() + FRAME;
    let mut requests: Vec<Vec<Log>> = Vec::new();
    let mut room = 0;
    for log in logs {
        let record = log.record.encoded_len() + FRAME;
        let scope = log.scope.encoded_len() + 2 * FRAME;
        match requests.last_mut() {
            Some(request) if size_in(request, &log, record, scope) <= room => {
                room -= size_in(request, &log, record, scope);
                request.push(log);
            }
            _ => {
                room = max_bytes.saturating_sub(around + record + scope);
                requests.push(vec![log]);
            }
        }
    }
    requests
}

/// How much a request grows with a record, which brings its scope with it where it is the first of it.
fn size_in(request: &[Log], log: &Log, record: usize, scope: usize) -> usize {
    let is_known = request.iter().any(|known| known.scope == log.scope);
    record + if is_known { 0 } else { scope }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
    use opentelemetry_proto::tonic::logs::v1::LogRecord;
    use proptest::prelude::*;

    use super::*;

    fn log_of(scope: &str, bytes: usize) -> Log {
        Log {
            scope: InstrumentationScope { name: scope.to_owned(), ..Default::default() },
            record: LogRecord { event_name: "x".repeat(bytes), ..LogRecord::default() },
        }
    }

    proptest! {
        #[test]
        fn no_request_is_too_large_and_none_could_take_the_first_of_the_next(
            logs in prop::collection::vec(("[ab]|shop::worker", 0_usize..3_000), 0..200),
            max_bytes in 1_000_usize..20_000,
        ) {
            let logs: Vec<_> = logs.iter().map(|(scope, size)| log_of(scope, *size)).collect();
            let empty = empty(Resource::default());
            let requests = divide(&empty, logs.clone(), max_bytes);
            prop_assert_eq!(requests.concat(), logs);
            let size_of = |logs: &[Log]| filled(&empty, logs.to_vec()).encoded_len();
            for request in &requests {
                prop_assert!(request.len() == 1 || size_of(request) <= max_bytes);
            }
            for pair in requests.windows(2) {
                let both = [&pair[0][..], &pair[1][..1]].concat();
                // What the estimate gives away: five bytes for each length at the most, of three scopes here.
                prop_assert!(size_of(&both) + 5 * (1 + 2 * 3 + both.len()) > max_bytes);
            }
        }
    }
}
