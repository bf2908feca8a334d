//! What a collector answers.

use std::error::Error;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;

/// Records were taken, perhaps not all.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// How many were not.
    pub(crate) rejected: usize,
    /// What the collector says of them.
    pub(crate) message: String,
}

impl From<ExportLogsServiceResponse> for Taken {
    fn from(response: ExportLogsServiceResponse) -> Self {
        response.partial_success.map_or_else(Self::default, |partial| Self {
            rejected: usize::try_from(partial.rejected_log_records).unwrap_or(0),
            message: partial.error_message,
        })
    }
}

/// No record was taken, as far as is known.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) why: String,
    pub(crate) again: Again,
    /// Whether the collector said so. Where nobody did, the connection may be dead.
    pub(crate) is_answer: bool,
}

/// Whether a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Never,
    Later,
    /// Not before this time is over.
    After(Duration),
}

impl Refusal {
    pub(crate) fn new(why: impl Into<String>, again: Again) -> Self {
        Self { why: why.into(), again, is_answer: true }
    }

    /// Where no answer came.
    pub(crate) fn silence(why: impl Into<String>) -> Self {
        Self { why: why.into(), again: Again::Later, is_answer: false }
    }

    /// Where no answer can come.
    pub(super) fn unreachable(error: &dyn Error) -> Self {
        Self::silence(with_causes(error))
    }
}

/// An error and what caused it. The clients of this world keep the interesting part at the end.
fn with_causes(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some repeat their cause.
        if !told.ends_with(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        cause = error.source();
    }
    told
}
