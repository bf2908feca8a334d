//! Ids of records from the spans of OpenTelemetry.

use std::io::{self, Write as _};
use std::sync::Once;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing::Span;
use tracing_core::span::Id;
use tracing_core::{Dispatch, dispatcher};
use tracing_invocation::{SpanId, TraceContext, TraceId};
use tracing_opentelemetry::{OpenTelemetrySpanExt as _, SetParentError, get_otel_context};

/// The version of `tracing-opentelemetry` whose layer is found. A test holds it to the manifest.
const VERSION: &str = "0.34";

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
/// Returns `None` if the span is none of OpenTelemetry's: the layer is not there, or filters the span out.
///
/// The layer has to be that of `tracing-opentelemetry` 0.34. A program may depend on several versions of that crate, and
/// one version knows nothing of the spans of another. If the subscriber has no layer of this version, or hides it inside
/// a layer that does not answer for it (`reload::Layer`), the records have ids of their own, and the first of them prints
/// a warning on stderr, once in a process.
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
    let Some(context) = get_otel_context(span, subscriber) else {
        if !has_layer(span, subscriber) {
            warn_once();
        }
        return None;
    };
    let span = context.span();
    let span = span.span_context();
    let trace_id = TraceId::new(u128::from_be_bytes(span.trace_id().to_bytes()))?;
    let span_id = SpanId::new(u64::from_be_bytes(span.span_id().to_bytes()))?;
    Some(TraceContext::new(trace_id).with_span_id(span_id))
}

/// Returns `false` if the subscriber has no layer of [`VERSION`].
///
/// The layer's own type has parameters that are not known here, so it cannot be looked up. Setting a parent says whether
/// there is a layer. It is set on a span of which OpenTelemetry knows nothing, or [`get_otel_context`] would have
/// answered, so that nothing changes. The span is the current one, since it is being entered.
fn has_layer(span: &Id, subscriber: &Dispatch) -> bool {
    let current = dispatcher::with_default(subscriber, Span::current);
    let is_found =
        || !matches!(current.set_parent(Context::new()), Err(SetParentError::LayerNotFound));
    current.id().as_ref() != Some(span) || is_found()
}

/// Prints that no layer was found. Not `eprintln!`, which panics if stderr is closed.
fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        let _ = writeln!(
            io::stderr(),
            "tracing-invocation: trace_context found no layer of tracing-opentelemetry {VERSION} in the subscriber, so that \
             records have trace ids of their own: add its layer, in this version, or leave out with_trace_context",
        );
    });
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn the_version_is_that_of_the_manifest() {
        let manifest = include_str!("../Cargo.toml");
        let dependency = format!("tracing-opentelemetry = {{ version = \"{VERSION}");
        assert!(manifest.contains(&dependency), "{dependency}");
        assert!(include_str!("../README.md").contains(&format!("tracing-opentelemetry {VERSION}")));
    }
}
