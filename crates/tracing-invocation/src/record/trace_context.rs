//! A place in a trace that others take part in.

use std::fmt;
use std::str::FromStr;

use super::{SpanId, TraceId};

/// Where an operation stands in a trace that others take part in.
///
/// Parsed from a `traceparent` of [W3C Trace Context](https://www.w3.org/TR/trace-context/#traceparent-header), it is the
/// place of what is begun by the caller who sent it.
///
/// ```
/// use tracing_invocation::TraceContext;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context: TraceContext = header.parse()?;
/// assert_eq!(context.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(context.parent_span_id.unwrap().to_string(), "00f067aa0ba902b7");
/// assert_eq!(context.span_id, None);
/// # Ok::<(), tracing_invocation::InvalidTraceparent>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceContext {
    /// The trace.
    pub trace_id: TraceId,
    /// The operation itself, where somebody has given it an id already.
    pub span_id: Option<SpanId>,
    /// What it was begun by, where that is known and no operation around it in this process.
    pub parent_span_id: Option<SpanId>,
}

impl TraceContext {
    /// Somewhere in this trace.
    #[must_use]
    pub const fn new(trace_id: TraceId) -> Self {
        Self { trace_id, span_id: None, parent_span_id: None }
    }

    /// The operation has this id there.
    #[must_use]
    pub const fn with_span_id(self, span_id: SpanId) -> Self {
        Self { span_id: Some(span_id), ..self }
    }

    /// It was begun by this one.
    #[must_use]
    pub const fn with_parent_span_id(self, parent_span_id: SpanId) -> Self {
        Self { parent_span_id: Some(parent_span_id), ..self }
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTraceparent;

    /// Reads version 00, and of later versions what they share with it.
    fn from_str(text: &str) -> Result<Self, InvalidTraceparent> {
        let mut parts = text.split('-');
        let mut part = || parts.next().ok_or(InvalidTraceparent(()));
        let (version, trace_id, parent_id, flags) = (part()?, part()?, part()?, part()?);
        let has_more = parts.next().is_some();
        let is_byte = |text: &str| {
            text.len() == 2 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_known = is_byte(version) && version != "ff" && !(version == "00" && has_more);
        if !is_known || !is_byte(flags) {
            return Err(InvalidTraceparent(()));
        }
        let invalid = |_| InvalidTraceparent(());
        let context = Self::new(trace_id.parse().map_err(invalid)?);
        Ok(context.with_parent_span_id(parent_id.parse().map_err(invalid)?))
    }
}

/// A text that is not a `traceparent` of W3C Trace Context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTraceparent(());

impl fmt::Display for InvalidTraceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a traceparent is of the form 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, in lowercase \
             hexadecimal digits, and its ids are not all zero",
        )
    }
}

impl std::error::Error for InvalidTraceparent {}
