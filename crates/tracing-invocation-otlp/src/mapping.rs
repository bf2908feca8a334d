//! Records in the messages of OTLP.

use std::io;

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData};
use tracing_invocation::Record;
use tracing_invocation::format::{Format as _, OtlpJson};

/// A record, and the scope that it stands in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Log {
    pub(crate) scope: InstrumentationScope,
    pub(crate) record: LogRecord,
}

/// A record as OTLP has it: what the preset writes as JSON, read as the protocol's own message, so that a record is the
/// same in a file and over the network.
pub(crate) fn log(format: &OtlpJson, record: &Record) -> io::Result<Log> {
    let mut line = Vec::with_capacity(2_048);
    format.format(record, &mut line);
    let data: LogsData = serde_json::from_slice(&line)?;
    let scope_logs = data.resource_logs.into_iter().flat_map(|logs| logs.scope_logs).next();
    let log = scope_logs.and_then(|logs| {
        Some(Log { scope: logs.scope?, record: logs.log_records.into_iter().next()? })
    });
    log.ok_or_else(|| io::Error::other("the format wrote no record"))
}
