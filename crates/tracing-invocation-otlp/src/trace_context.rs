//! Ids of records from the spans of OpenTelemetry.

use opentelemetry::trace::TraceContextExt as _;
use tracing_core::Dispatch;
use tracing_core::span::Id;
use tracing_invocation::{SpanId, TraceContext, TraceId};
use tracing_opentelemetry::get_otel_context;

/// Where a span stands in the traces of `tracing-opentelemetry`: the operation's records get the `trace_id` and the
/// `span_id` of the span that is exported. For
/// [`with_trace_context`](tracing_invocation::InvocationLayer::with_trace_context).
///
/// A remote parent that was set on the span with `OpenTelemetrySpanExt::set_parent` is honoured: the records are in its
/// trace. It has to be set before the span is entered, which is OpenTelemetry's own condition too: the span is started
/// when it is first entered. Which of the two layers is added first makes no difference.
///
/// The parent's id is not known to OpenTelemetry's context. Where the parent is an operation, the records have it
/// nevertheless, since its `span_id` is the one of its span.
///
/// `None` where the span is none of OpenTelemetry's: the layer is not there, or filters the span out.
///
/// ```
/// use opentelemetry::trace::TracerProvider as _;
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use tracing_subscriber::prelude::*;
///
/// let provider = SdkTracerProvider::builder().build();
/// let subscriber = tracing_subscriber::registry()
///     .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("shop")))
///     .with(
///         tracing_invocation::layer().with_trace_context(tracing_invocation_otlp::trace_context),
///     );
/// # drop(subscriber);
/// ```
#[must_use]
pub fn trace_context(span: &Id, subscriber: &Dispatch) -> Option<TraceContext> {
    let context = get_otel_context(span, subscriber)?;
    let span = context.span();
    let span = span.span_context();
    let trace_id = TraceId::new(u128::from_be_bytes(span.trace_id().to_bytes()))?;
    let span_id = SpanId::new(u64::from_be_bytes(span.span_id().to_bytes()))?;
    Some(TraceContext::new(trace_id).with_span_id(span_id))
}
