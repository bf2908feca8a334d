//! Ids of records and of spans are the same.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, Sampler, SdkTracer, SdkTracerProvider, SpanData,
};
use tracing::{Dispatch, Span, debug_span, info_span};
use tracing_invocation::sink::Callback;
use tracing_invocation::{InvocationLayer, Record, layer, operation};
use tracing_invocation_otlp::trace_context;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::prelude::*;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Spans and records of one program.
struct Both {
    provider: SdkTracerProvider,
    spans: InMemorySpanExporter,
    records: std::sync::mpsc::Receiver<Record>,
    layer: InvocationLayer,
}

impl Both {
    fn new(sampler: Sampler) -> Self {
        let spans = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(spans.clone())
            .with_sampler(sampler)
            .build();
        let (tell, records) = std::sync::mpsc::channel();
        let tell = std::sync::Mutex::new(tell);
        let keep = Callback::new(move |line| {
            let _ = tell.lock().unwrap().send(line.record()?);
            Ok(())
        });
        let layer = layer().with_sink(keep).with_trace_context(trace_context);
        Self { provider, spans, records, layer }
    }

    fn tracer(&self) -> SdkTracer {
        self.provider.tracer("test")
    }

    /// Runs `program` under a subscriber, and gives back what was exported and recorded.
    fn run(
        self,
        subscriber: impl FnOnce(SdkTracer, InvocationLayer) -> Dispatch,
        program: impl FnOnce(),
    ) -> (HashMap<String, SpanData>, Vec<Record>) {
        let subscriber = subscriber(self.tracer(), self.layer);
        tracing::dispatcher::with_default(&subscriber, program);
        drop(subscriber);
        let spans = self.spans.get_finished_spans().unwrap();
        let spans = spans.into_iter().map(|span| (span.name.clone().into_owned(), span)).collect();
        (spans, self.records.iter().collect())
    }
}

fn opentelemetry_first(tracer: SdkTracer, layer: InvocationLayer) -> Dispatch {
    let opentelemetry = tracing_opentelemetry::layer().with_tracer(tracer);
    Dispatch::new(tracing_subscriber::registry().with(opentelemetry).with(layer))
}

fn opentelemetry_last(tracer: SdkTracer, layer: InvocationLayer) -> Dispatch {
    let opentelemetry = tracing_opentelemetry::layer().with_tracer(tracer);
    Dispatch::new(tracing_subscriber::registry().with(layer).with(opentelemetry))
}

fn opentelemetry_filtered(tracer: SdkTracer, layer: InvocationLayer) -> Dispatch {
    let opentelemetry = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_filter(filter_fn(|span| span.name() != "handle"));
    Dispatch::new(tracing_subscriber::registry().with(opentelemetry).with(layer))
}

fn without_activation(tracer: SdkTracer, layer: InvocationLayer) -> Dispatch {
    let opentelemetry = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_context_activation(false)
        .with_filter(LevelFilter::INFO);
    Dispatch::new(tracing_subscriber::registry().with(layer).with(opentelemetry))
}

#[operation]
fn inner() -> Result<(), String> {
    Err("refused".to_owned())
}

#[operation]
fn outer() {
    inner().unwrap_err();
}

/// Sets the caller that an incoming request names as the parent of a span.
fn came_from_afar(span: &Span) {
    let headers = [("traceparent".to_owned(), format!("00-{TRACE}-{CALLER}-01"))];
    let context = TraceContextPropagator::new().extract(&HashMap::from(headers));
    span.set_parent(context).unwrap();
}

#[test]
fn records_have_the_ids_of_the_spans_whichever_layer_is_first() {
    for subscriber in [opentelemetry_first, opentelemetry_last, without_activation] {
        let (spans, records) = Both::new(Sampler::AlwaysOn).run(subscriber, || {
            outer();
            info_span!("lone").in_scope(|| {});
        });
        assert_eq!((spans.len(), records.len()), (3, 6));
        for record in &records {
            let span = &spans[&record.event_name];
            assert_eq!(record.trace_id.to_string(), span.span_context.trace_id().to_string());
            assert_eq!(record.span_id.to_string(), span.span_context.span_id().to_string());
            let parent = record.parent_span_id.map_or("0".repeat(16), |id| id.to_string());
            assert_eq!(parent, span.parent_span_id.to_string());
        }
        let trace = |name: &str| spans[name].span_context.trace_id();
        assert_eq!(trace("outer"), trace("inner"));
        assert_ne!(trace("outer"), trace("lone"));
    }
}

#[test]
fn a_caller_far_away_is_honoured() {
    for subscriber in [opentelemetry_first, opentelemetry_last, without_activation] {
        let (spans, records) = Both::new(Sampler::AlwaysOn).run(subscriber, || {
            let span = info_span!("handle");
            came_from_afar(&span);
            span.in_scope(outer);
        });
        assert_eq!(spans["handle"].parent_span_id.to_string(), CALLER);
        assert_eq!(records.len(), 6);
        for record in &records {
            assert_eq!(record.trace_id.to_string(), TRACE);
            let span = &spans[&record.event_name].span_context;
            assert_eq!(record.span_id.to_string(), span.span_id().to_string());
        }
    }
}

#[test]
fn a_span_that_is_not_sampled_has_its_ids_nevertheless() {
    let (spans, records) = Both::new(Sampler::AlwaysOff).run(opentelemetry_first, || {
        let span = info_span!("handle");
        came_from_afar(&span);
        span.in_scope(outer);
    });
    assert!(spans.is_empty());
    assert!(records.iter().all(|record| record.trace_id.to_string() == TRACE), "{records:?}");
}

#[test]
fn an_operation_that_opentelemetry_does_not_see_has_ids_of_its_own() {
    let (spans, records) = Both::new(Sampler::AlwaysOn).run(opentelemetry_filtered, || {
        info_span!("handle").in_scope(|| {
            debug_span!("between").in_scope(outer);
        });
    });
    assert_eq!(spans.len(), 3);
    let id_of = |name: &str| spans[name].span_context.span_id().to_string();
    for record in &records {
        let id = record.span_id.to_string();
        match record.event_name.as_str() {
            "handle" => assert!(spans.keys().all(|name| id_of(name) != id)),
            name => assert_eq!(id, id_of(name)),
        }
    }
    assert_eq!(records.len(), 6);
}

/// Set in a process of its own that a test starts: what stderr says is counted from outside.
const CHILD: &str = "TRACE_CONTEXT_CHILD";

/// Runs this test again in a process of its own, and gives back what it printed on stderr.
fn stderr_of(test: &str) -> String {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn without_opentelemetry(_: SdkTracer, layer: InvocationLayer) -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(layer))
}

#[test]
fn a_layer_that_is_not_found_is_reported_once() {
    if std::env::var_os(CHILD).is_some() {
        for _ in 0..2 {
            let (_, records) = Both::new(Sampler::AlwaysOn).run(without_opentelemetry, outer);
            assert_eq!(records.len(), 4);
        }
        return;
    }
    let stderr = stderr_of("traces::a_layer_that_is_not_found_is_reported_once");
    let warning = "trace_context found no layer of tracing-opentelemetry 0.34 in the subscriber";
    assert_eq!(stderr.matches(warning).count(), 1, "{stderr}");
}

#[test]
fn a_layer_that_filters_the_span_out_is_not_reported() {
    if std::env::var_os(CHILD).is_some() {
        for subscriber in [opentelemetry_filtered, opentelemetry_first, opentelemetry_last] {
            Both::new(Sampler::AlwaysOn).run(subscriber, || {
                info_span!("handle").in_scope(outer);
            });
        }
        return;
    }
    let stderr = stderr_of("traces::a_layer_that_filters_the_span_out_is_not_reported");
    assert!(!stderr.contains("trace_context"), "{stderr}");
}
